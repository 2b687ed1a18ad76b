//! `spurious devices`

use super::print;
use spurious::descent::backend::gpu::device;
use std::fmt::Write;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn devices(_: &Arguments) -> anyhow::Result<()> {
    let adapters = device::list();
    let yes = |b: bool| if b { "yes" } else { "no" };
    let mut text = String::new();
    for adapter in &adapters {
        writeln!(text, "{} ({}, {})", adapter.name, adapter.kind, adapter.interface)?;
        writeln!(text, "  driver            {}", adapter.driver)?;
        writeln!(text, "  f64               {}", yes(adapter.f64))?;
        writeln!(text, "  subgroups         {}", yes(adapter.subgroups))?;
        let (low, high) = adapter.subgroup_size;
        writeln!(text, "  subgroup size     {low} to {high}")?;
        writeln!(text, "  timestamps        {}", yes(adapter.timestamps))?;
        writeln!(text, "  largest binding   {} MiB", adapter.max_binding >> 20)?;
        writeln!(
            text,
            "  workgroup         {} invocations, {} bytes",
            adapter.workgroup_size, adapter.workgroup_memory
        )?;
    }
    match adapters.iter().find(|a| a.is_hardware()) {
        Some(adapter) => writeln!(text, "--backend auto takes {}", adapter.name)?,
        None => writeln!(
            text,
            "--backend auto takes the CPU: there is no hardware adapter{}",
            if adapters.is_empty() { "" } else { "; name a software adapter with --adapter, or use --backend gpu" }
        )?,
    }
    if adapters.iter().filter(|a| a.is_hardware()).count() > 1 {
        writeln!(text, "--adapter all takes every hardware adapter")?;
    }
    if adapters.is_empty() {
        for line in device::what_is_missing() {
            writeln!(text, "missing: {line}")?;
        }
    }
    print(text.as_bytes())
}
