//! `benches/gpu_protocol.sh`: what it asks of the tests on a machine with nothing but their executable.

use std::process::Command;

trials![on(target_os = "linux", its_filters_meet_tests_of_an_adapter)];

/// Every filter meets tests, and only tests that need an adapter: others may look for files of the checkout. With a
/// filter that meets nothing the protocol would report what it has not seen.
fn its_filters_meet_tests_of_an_adapter() {
    let script = include_str!("../benches/gpu_protocol.sh");
    let list = |name: &str| {
        let line = script.lines().find_map(|line| line.strip_prefix(&format!("{name}=\"")));
        line.unwrap_or_else(|| panic!("no line {name}=…")).trim_end_matches('"').split(' ')
    };
    for filter in list("parity_tests").chain(list("other_tests")) {
        let mut tests = Command::new(std::env::current_exe().unwrap());
        tests.args(["--list", filter]).env_remove("REQUIRE_GPU");
        // Without a driver the tests that need one are marked.
        for name in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
            tests.env(name, "/nonexistent/driver.json");
        }
        let listed = String::from_utf8(tests.env_remove("VK_ADD_DRIVER_FILES").output().unwrap().stdout).unwrap();
        let names: Vec<&str> = listed.lines().filter(|line| line.contains(": test")).collect();
        assert!(!names.is_empty(), "{filter} meets no test");
        let others: Vec<&&str> = names.iter().filter(|name| !name.starts_with("[needs an adapter] ")).collect();
        assert!(others.is_empty(), "{filter} meets tests without an adapter: {others:?}");
    }
}
