//! The program as its user meets it: started in a folder of its own, with its exit code, its output and its files.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Three cells of 300 runs on the CPU.
pub(crate) const SMALL: &str = r#"
[experiment]
name = "small"
seed = 5

[model]
form = "reduced"

[params]
patches = 25
ratio = [1, 4, 9]

[runs]
per_cell = 300

[compute]
backend = "cpu"
"#;

/// A folder to run the program in, removed in the end.
#[derive(Debug)]
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Place(tempfile::tempdir().unwrap())
    }

    /// A folder with an experiment in `spec.toml`.
    pub(crate) fn with(spec: &str) -> Self {
        let place = Place::new();
        place.write("spec.toml", spec);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub(crate) fn table(&self, name: &str) -> Table {
        Table::parse(&self.read(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Every file with its contents, and every folder (`None`).
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.0.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let contents = path.is_file().then(|| fs::read(&path).unwrap());
                if contents.is_none() {
                    folders.push(path.clone());
                }
                all.insert(path, contents);
            }
        }
        all
    }

    /// The program, to be started in this folder: where cargo has built it, or, on a machine that only the tests were
    /// brought to, where `SPURIOUS_TEST_PROGRAM` says.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let built = || OsString::from(env!("CARGO_BIN_EXE_spurious"));
        let mut command = Command::new(std::env::var_os("SPURIOUS_TEST_PROGRAM").unwrap_or_else(built));
        command.args(arguments).current_dir(self.0.path()).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap(), arguments)
    }

    /// Runs the program where there is no GPU driver.
    pub(crate) fn run_without_driver(&self, arguments: &[&str]) -> Ran {
        let absent = Path::new("/nonexistent/driver.json");
        let mut command = self.command(arguments);
        command.env("VK_DRIVER_FILES", absent).env("VK_ICD_FILENAMES", absent).env_remove("VK_ADD_DRIVER_FILES");
        Ran::of(&command.output().unwrap(), arguments)
    }

    /// Runs the program with text on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(&child.wait_with_output().unwrap(), arguments)
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    arguments: String,
}

impl Ran {
    pub(crate) fn of(output: &Output, arguments: &[&str]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        Ran { code: output.status.code(), out, err, arguments: arguments.join(" ") }
    }

    /// Asserts that it succeeded.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "spurious {}\n{}{}", self.arguments, self.out, self.err);
        self
    }

    /// Asserts that it failed with an exit code and one line on stderr: file, key, value, problem and remedy.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, parts: &[&str]) {
        let context = format!("spurious {}\n{}{}", self.arguments, self.out, self.err);
        assert_eq!(self.code, Some(code), "exit code of {context}");
        assert!(self.out.is_empty(), "nothing belongs on stdout: {context}");
        assert_eq!(self.err.lines().count(), 1, "lines on stderr: {context}");
        assert!(self.err.starts_with("error: ") && self.err.ends_with('\n'), "{context}");
        let remedy = self.err.split_once("; ").is_some_and(|(_, remedy)| remedy.trim().len() > 3);
        assert!(remedy, "no remedy: {context}");
        for part in parts {
            assert!(self.err.contains(part), "not in the message: {part}\n{context}");
        }
    }
}

/// A CSV file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads CSV in which every row is as long as the header.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, csv::Error> {
        let mut reader = csv::Reader::from_reader(bytes);
        let fields = |record: &csv::StringRecord| record.iter().map(String::from).collect();
        let header = fields(reader.headers()?);
        let rows = reader.records().map(|record| Ok(fields(&record?))).collect::<Result<_, csv::Error>>()?;
        Ok(Table { header, rows })
    }

    fn position(&self, column: &str) -> usize {
        self.header.iter().position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"))
    }

    /// The texts of a column.
    pub(crate) fn column(&self, column: &str) -> Vec<&str> {
        let position = self.position(column);
        self.rows.iter().map(|row| row[position].as_str()).collect()
    }

    /// The numbers of a column; `None` for an empty field.
    pub(crate) fn numbers(&self, column: &str) -> Vec<Option<f64>> {
        let number = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        self.column(column).into_iter().map(number).collect()
    }
}

/// The numbers of a row, from a column on.
pub(crate) fn numbers(row: &[String]) -> Vec<f64> {
    row.iter().map(|text| text.parse().unwrap_or_else(|_| panic!("{text} is no number"))).collect()
}

/// Arguments that choose the adapter of the GPU tests: any, or the one that `SPURIOUS_TEST_ADAPTER` names.
pub(crate) fn gpu_arguments() -> Vec<String> {
    let mut arguments = vec!["--backend".to_string(), "gpu".into()];
    if let Some(name) = std::env::var_os("SPURIOUS_TEST_ADAPTER").filter(|name| name != OsStr::new("")) {
        arguments.extend(["--adapter".into(), name.into_string().unwrap()]);
    }
    arguments
}

/// A file of points with its header: p0, p1, …
pub(crate) fn points_file(points: &[Vec<f64>]) -> String {
    let names: Vec<String> = (0..points[0].len()).map(|i| format!(",x{i}")).collect();
    let mut text = format!("point{}\n", names.concat());
    for (i, point) in points.iter().enumerate() {
        let fields: Vec<String> = point.iter().map(|x| format!(",{x}")).collect();
        text.push_str(&format!("p{i}{}\n", fields.concat()));
    }
    text
}
