//! The machine and the build that results come from.

use std::process::Command;

/// The processor's name, as the system calls it; its architecture where that has no name for it.
pub(super) fn processor() -> String {
    let named = match std::env::consts::OS {
        "linux" => std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| in_cpuinfo(&text)),
        "macos" => said(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"])),
        "windows" => std::env::var("PROCESSOR_IDENTIFIER").ok(),
        _ => None,
    };
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| std::env::consts::ARCH.into())
}

/// Operating system and architecture.
pub(super) fn system() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The commit that the program was built from, with `-modified` where its files had changed since; empty where it was
/// built from no repository.
pub(super) fn commit() -> String {
    option_env!("SPURIOUS_COMMIT").unwrap_or_default().into()
}

/// The first processor's name in the text of `/proc/cpuinfo`, which not every architecture has.
fn in_cpuinfo(text: &str) -> Option<String> {
    let named = |line: &str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    text.lines().find_map(named)
}

/// What a program says.
fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().into())
}
