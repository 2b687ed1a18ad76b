//! A second compiler of the kernels and a second device: Tint and Dawn, which browsers have, in node
//! (`tests/second_compiler`).
//!
//! `tests/second_compiler/install.sh` brings them. Without them the tests are listed as ignored, by name, and fail if
//! `REQUIRE_TINT=1`. Tint reads texts in f32 only: WGSL has no f64, the suffix of whose numbers is naga's own.

use super::trials::needing;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// What `dawn.mjs` answers to an action with an input.
fn ask(action: &str, input: &Value) -> Result<Value, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut node = Command::new("node");
    node.arg(root.join("tests/second_compiler/dawn.mjs")).arg(root.join("target/node")).arg(action);
    node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut started = node.spawn().map_err(|e| format!("node: {e}"))?;
    let written = started.stdin.take().unwrap().write_all(input.to_string().as_bytes());
    let output = started.wait_with_output().map_err(|e| format!("node: {e}"))?;
    if !output.status.success() {
        return Err(format!("dawn.mjs {action}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    written.map_err(|e| format!("dawn.mjs {action}: {e}"))?;
    serde_json::from_slice(&output.stdout).map_err(|e| format!("dawn.mjs {action}: {e}"))
}

/// Whether an action that needs no input has an answer.
fn answers(action: &str) -> bool {
    ask(action, &Value::Null).is_ok()
}

/// A test that needs Tint.
pub(crate) fn tint(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    static FOUND: LazyLock<bool> = LazyLock::new(|| answers("found"));
    needing(("Tint in node", *FOUND), "REQUIRE_TINT", name, test)
}

/// A text for Tint.
#[derive(Debug)]
pub(crate) struct Text {
    /// What it is called if it is refused.
    pub(crate) name: String,
    /// Its entry point.
    pub(crate) entry: &'static str,
    pub(crate) text: String,
}

/// What Tint says of texts, each error and warning with the name of its text and its line; empty if all is well.
pub(crate) fn said_by_tint(texts: &[Text]) -> String {
    let listed: Vec<Value> =
        texts.iter().map(|t| json!({ "name": t.name, "entry": t.entry, "text": t.text })).collect();
    let said = ask("compile", &listed.into()).unwrap_or_else(|e| panic!("{e}"));
    let line_of = |name: &str, line: u64| {
        let text = &texts.iter().find(|t| t.name == name).unwrap().text;
        line.checked_sub(1).and_then(|line| text.lines().nth(line as usize)).unwrap_or_default().trim()
    };
    let all = said.as_array().unwrap().iter().map(|said| {
        let (name, line) = (said["name"].as_str().unwrap(), said["line"].as_u64().unwrap());
        format!("{name}, line {line}: {}: {}", said["message"].as_str().unwrap(), line_of(name, line))
    });
    all.collect::<Vec<String>>().join("\n")
}
