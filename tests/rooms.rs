//! The rooms of the house: which folder of `src` may import from which; and how wide they are.

use std::fs;
use std::path::{Path, PathBuf};

trials![
    every_file_is_in_a_room,
    no_import_runs_back,
    backward_imports_are_found,
    comments_and_strings_import_nothing,
    no_line_is_too_long,
    long_lines_are_found,
    files_that_are_named_exist,
];

/// The rooms, from the lowest: each imports from those before it and from itself. With this order no two files of
/// different rooms can import each other, whatever lies between them.
const ROOMS: [&str; 11] = [
    "numerics",
    "expression",
    "landscape",
    "models",
    "descent",
    "judge",
    "experiment",
    "result",
    "show",
    "explore",
    "cli",
];

/// Files of `src` that are in no room.
const ROOMLESS: [&str; 2] = ["lib.rs", "main.rs"];

/// Most entries of `src`: what one sees at a glance.
const MOST_ENTRIES: usize = 13;

/// Most characters of a line.
const WIDTH: usize = 120;

fn every_file_is_in_a_room() {
    let mut entries: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder("src")).unwrap() {
        entries.push(entry.unwrap().file_name().into_string().unwrap());
    }
    entries.sort();
    let placed = |entry: &String| ROOMS.contains(&entry.as_str()) || ROOMLESS.contains(&entry.as_str());
    let strange: Vec<&String> = entries.iter().filter(|entry| !placed(entry)).collect();
    assert!(strange.is_empty(), "in no room: {strange:?}");
    assert!(entries.len() <= MOST_ENTRIES, "{} entries in src: {entries:?}", entries.len());
}

fn no_import_runs_back() {
    let mut found = Vec::new();
    let files = files(&folder("src"), &["rs"]);
    assert!(files.len() > ROOMS.len(), "only {} files in src", files.len());
    for file in files {
        let path = file.strip_prefix(folder("src")).unwrap().to_str().unwrap().replace('\\', "/");
        if !ROOMLESS.contains(&path.as_str()) {
            found.extend(backward(&path, &fs::read_to_string(&file).unwrap()));
        }
    }
    assert!(found.is_empty(), "imports that run back:\n{}", found.join("\n"));
}

fn backward_imports_are_found() {
    let found = |path: &str, text: &str| backward(path, text).join(", ");
    assert_eq!(found("models/cnn/full.rs", "use crate::judge::classify;"), "models/cnn/full.rs: models -> judge");
    assert_eq!(found("judge/classify.rs", "use crate::models::cnn;\nuse crate::judge::refine;"), "");
    assert_eq!(found("landscape/path.rs", "let x = crate::explore::x();"), "landscape/path.rs: landscape -> explore");
    assert_eq!(
        found("descent/a.rs", "use crate::{\n    show, models::{self, explore::y},\n    cli::{z},\n};"),
        "descent/a.rs: descent -> show, descent/a.rs: descent -> cli"
    );
    assert_eq!(found("show/a.rs", "fn f() -> spurious::explore::map::Map {}"), "show/a.rs: show -> explore");
    assert_eq!(
        found("numerics/a.rs", "macro_rules! m { () => { $crate::show::x() } }"),
        "numerics/a.rs: numerics -> show"
    );
    assert_eq!(found("judge/mod.rs", "use super::result::x;"), "judge/mod.rs: judge -> result");
    assert_eq!(found("judge/a/b.rs", "use super::super::super::cli;"), "judge/a/b.rs: judge -> cli");
    assert_eq!(found("judge/a/b.rs", "use super::super::cli;\nuse super::result;"), "");
    assert_eq!(found("judge/a.rs", "let s = \"\\\"\"; crate::cli::f('\"', '\\'');"), "judge/a.rs: judge -> cli");
    assert_eq!(found("judge/a.rs", "fn f<'a>(x: &'a str) { crate::cli::f(x) }"), "judge/a.rs: judge -> cli");
}

fn comments_and_strings_import_nothing() {
    for text in [
        "/// See [`crate::cli::run`].",
        "//! crate::cli::run",
        "let x = 1; // crate::cli::run",
        "/* a /* nested */ crate::cli::run */",
        "let s = \"crate::cli::run\";",
        "let s = \"a \\\" crate::cli::run\";",
        "let s = r#\"a \" crate::cli::run\"#;",
        "let s = b\"crate::cli::run\";",
        "use my_crate::cli::run;",
        "let cli = crate::numerics::cli::run;",
    ] {
        assert_eq!(backward("judge/a.rs", text), Vec::<String>::new(), "{text}");
    }
}

fn no_line_is_too_long() {
    let mut found = Vec::new();
    for place in ["src", "tests", "benches", "shaders"] {
        for file in files(&folder(place), &["rs", "wgsl"]) {
            let path = file.strip_prefix(folder("")).unwrap().display().to_string();
            found.extend(long_lines(&path, &fs::read_to_string(&file).unwrap()));
        }
    }
    assert!(found.is_empty(), "{} lines are longer than {WIDTH} characters:\n{}", found.len(), found.join("\n"));
}

/// Characters are counted, not bytes, and the end of a line is none of them.
fn long_lines_are_found() {
    let text = ["π".repeat(WIDTH), "a".repeat(WIDTH + 1), String::new(), "π".repeat(WIDTH + 2)];
    assert_eq!(long_lines("a.rs", &text.join("\n")), ["a.rs:2: 121", "a.rs:4: 122"]);
    assert_eq!(long_lines("a.rs", &text[..1].join("\n")), Vec::<String>::new());
    assert_eq!(long_lines("a.rs", &format!("{}\r\n", text[0])), Vec::<String>::new());
}

/// Lines of a file above [`WIDTH`]: `file:line: characters`.
fn long_lines(path: &str, text: &str) -> Vec<String> {
    let counts = text.lines().map(|line| line.chars().count()).enumerate();
    counts.filter(|(_, count)| *count > WIDTH).map(|(at, count)| format!("{path}:{}: {count}", at + 1)).collect()
}

/// A folder of the repository.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// All files below a folder with one of these endings, in order.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending)) {
            found.push(path);
        }
    }
    found
}

/// The imports of a file, at `path` below `src`, that run back: `file: room -> room`, each once, in the file's order.
fn backward(path: &str, text: &str) -> Vec<String> {
    let place = |room: &str| ROOMS.iter().position(|known| *known == room);
    let (room, _) = path.split_once('/').unwrap_or_else(|| panic!("{path} is in no room"));
    let own = place(room).unwrap_or_else(|| panic!("{path} is in no room"));
    let mut found: Vec<String> = Vec::new();
    for other in rooms_named(&tokens(text), depth(path)) {
        let line = format!("{path}: {room} -> {other}");
        if place(&other).is_some_and(|other| other > own) && !found.contains(&line) {
            found.push(line);
        }
    }
    found
}

/// How many `super` lead from a file's module to the crate.
fn depth(path: &str) -> usize {
    path.split('/').count() - usize::from(path.ends_with("/mod.rs"))
}

/// Every first segment of a path that begins at the crate, by whatever name: `crate::a`, `crate::{a, b::{c}}`,
/// `spurious::a` in the binary, and as many `super` as `depth` says.
fn rooms_named(tokens: &[String], depth: usize) -> Vec<String> {
    let is = |at: usize, token: &str| tokens.get(at).is_some_and(|found| found == token);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let within = at > 0 && is(at - 1, "::");
        let mut root = at;
        if !within && (is(at, "crate") || is(at, "spurious")) {
            root += 1;
        } else if !within && is(at, "super") {
            while is(root, "super") && is(root + 1, "::") {
                root += 2;
            }
            if (root - at) / 2 < depth {
                continue;
            }
            root -= 1;
        }
        if root == at || !is(root, "::") {
            continue;
        }
        if !is(root + 1, "{") {
            found.extend(tokens.get(root + 1).cloned());
            continue;
        }
        let mut level = 1;
        for at in root + 2.. {
            level += usize::from(is(at, "{"));
            level -= usize::from(is(at, "}"));
            if level == 0 || at >= tokens.len() {
                break;
            }
            if level == 1 && (is(at - 1, ",") || at == root + 2) {
                found.extend(tokens.get(at).cloned());
            }
        }
    }
    found
}

/// Words, `::` and other characters of Rust code, without comments and literal texts.
fn tokens(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if first == '"' {
            literal(rest, '"')
        } else if let Some(length) = raw_text(rest).filter(|_| first == 'r') {
            length
        } else if first == '\'' && is_character(rest) {
            literal(rest, '\'')
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            // What follows `b` or `c` and a quote, or `br`, is a text; the letters alone are a harmless word.
            let length = if raw_text(&rest[first.len_utf8()..]).is_some() { first.len_utf8() } else { length };
            found.push(rest[..length].into());
            length
        } else if rest.starts_with("::") {
            found.push("::".into());
            2
        } else {
            if !first.is_whitespace() {
                found.push(first.into());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// Length of the comment between `/*` and `*/`, others within it, that a text begins with.
fn block_comment(text: &str) -> usize {
    let (mut level, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (level, at) = (level + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (level, at) = (level - 1, at + 2);
            if level == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Length of the literal between quotes that a text begins with.
fn literal(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// Length of the raw text, `r"…"` or `r#"…"#`, that a text begins with, if it does.
fn raw_text(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let signs = after.len() - after.trim_start_matches('#').len();
    let body = after[signs..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(signs));
    Some(1 + signs + 1 + body.find(&end).map_or(body.len(), |at| at + end.len()))
}

/// Whether a quote begins a character and not a lifetime.
fn is_character(text: &str) -> bool {
    let mut characters = text.chars().skip(1);
    characters.next() == Some('\\') || characters.next() == Some('\'')
}

/// A file that a comment or a page names is there: source, shaders, tests and documents that moved leave no old path
/// behind. The changelog speaks of the past, and the guide of files yet to be written, in capitals.
fn files_that_are_named_exist() {
    let mut named = 0;
    let mut missing = Vec::new();
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/certificates.md", "docs/result-folder.md"]
        .map(folder);
    let places = ["src", "shaders", "tests", "benches", "examples"].map(folder);
    let texts = places.iter().flat_map(|place| files(place, &["rs", "wgsl", "sh", "py"]));
    for file in texts.chain(pages) {
        let text = fs::read_to_string(&file).unwrap();
        for path in paths(&text) {
            named += 1;
            if !path.contains("NAME") && !folder(&path).exists() {
                missing.push(format!("{}: {path}", file.display()));
            }
        }
    }
    assert!(named > 80, "only {named} files are named");
    assert!(missing.is_empty(), "named, but not there:\n{}", missing.join("\n"));
    // Put together here, so that this file names none that is not there.
    let sample = ["see `sr", "c/a/b.rs`, (tes", "ts/c.py) and mysr", "c/d.rs or sr", "c/e"].concat();
    assert_eq!(paths(&sample), [["sr", "c/a/b.rs"].concat(), ["tes", "ts/c.py"].concat()]);
}

/// Every path from the root to a file of ours in a text.
fn paths(text: &str) -> Vec<String> {
    let of_path = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
    let words = text.split(|c| !of_path(c)).map(|word| word.trim_end_matches(['.', '-']));
    let ours = |word: &&str| {
        let begins = ["src/", "shaders/", "tests/", "experiments/", "docs/"].iter().any(|root| word.starts_with(root));
        begins && [".rs", ".wgsl", ".py", ".toml", ".md"].iter().any(|ending| word.ends_with(ending))
    };
    words.filter(ours).map(String::from).collect()
}
