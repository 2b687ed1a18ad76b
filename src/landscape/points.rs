//! Files of points: CSV with the header `point,x0,x1,…` and one point per row, each a name and finite numbers. `eval`
//! reads its points from one, and a parameter of kind [`Kind::Points`](crate::landscape::parameter::Kind::Points) takes
//! one as its value.

mod header;

use crate::landscape::Invalid;
use crate::landscape::limited::{self, Limited};
use crate::landscape::text::decode;
use crate::numerics::checksum::Hashing;
use crate::numerics::decimal;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wrong with a file of points, in one line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}: {}{problem}; {remedy}", if place.is_empty() { String::new() } else { format!("{place}: ") })]
pub struct PointsError {
    /// The file, `-` for standard input.
    pub file: String,
    /// Where in it, for example `line 3, x2 = half`; empty where it is the whole file.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl PointsError {
    /// What is wrong, with the place in the file but not the file.
    pub fn reason(&self) -> String {
        if self.place.is_empty() { self.problem.clone() } else { format!("{}: {}", self.place, self.problem) }
    }

    /// The same as a model says it of its parameter `params.NAME`, whose value these points are.
    pub fn of_parameter(self, name: &str, points: &Points) -> Invalid {
        let problem = self.reason();
        Invalid { key: format!("params.{name}"), value: points.to_string(), problem, remedy: self.remedy }
    }
}

/// Points of one width, read from a file. A clone shares the numbers.
#[derive(Clone)]
pub struct Points {
    path: String,
    location: PathBuf,
    contents: Arc<Contents>,
}

/// What a file of points holds.
struct Contents {
    names: Vec<String>,
    /// Line of each point.
    lines: Vec<u64>,
    width: usize,
    values: Vec<f64>,
    hash: u64,
    sha256: String,
}

impl Points {
    /// Reads a file. `path` is how it is written in an experiment; a relative one starts from `folder`.
    ///
    /// # Errors
    /// The file cannot be read or has more than [`limited::POINTS`] bytes, its header is not `point,x0,x1,…`, a row is
    /// shorter or longer, a field is not a finite number, or there is no row.
    pub fn read(path: &str, folder: &Path) -> Result<Self, PointsError> {
        let location = folder.join(path);
        let file = location.display().to_string();
        // A pipe that nobody writes into would keep the program waiting, and has nothing left the second time.
        if location.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let problem = "is no regular file, and the points of an experiment are read more than once".into();
            return Err(PointsError { file, place: String::new(), problem, remedy: "write them to a file".into() });
        }
        let input = open(&location).map_err(|e| unreadable(&file, &e))?;
        Ok(Points { path: path.into(), ..Self::read_from(input, &file, None)? })
    }

    /// Reads the file of a command's argument, which may be a pipe, `-` for standard input; `expected` as for
    /// [`Points::read_from`].
    ///
    /// # Errors
    /// As [`Points::read_from`].
    pub fn from_argument(path: &Path, expected: Option<(usize, &str)>) -> Result<Self, PointsError> {
        let file = path.display().to_string();
        if file == "-" {
            return Self::read_from(std::io::stdin().lock(), &file, expected);
        }
        Self::read_from(open(path).map_err(|e| unreadable(&file, &e))?, &file, expected)
    }

    /// Reads points from anything. `file` names it in messages; `expected` is the width that the points must have and
    /// what these numbers are, as in [`Points::expect_width`].
    ///
    /// # Errors
    /// As [`Points::read`], or another width.
    pub fn read_from(input: impl Read, file: &str, expected: Option<(usize, &str)>) -> Result<Self, PointsError> {
        let error = |place: String, problem: String, remedy: &str| PointsError {
            file: file.into(),
            place,
            problem,
            remedy: remedy.into(),
        };
        let mut input = Hashing::new(Limited::new(input, limited::POINTS));
        // A last line may lack its end; an empty line is none.
        let lines = Lines::new(&mut input).chain(&b"\n"[..]);
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.trim(csv::Trim::All).flexible(true).has_headers(false).buffer_capacity(1 << 16);
        let mut reader = reader.from_reader(lines);
        let mut record = csv::ByteRecord::new();
        let mut next = |record: &mut csv::ByteRecord| -> Result<Option<u64>, PointsError> {
            let more = reader.read_byte_record(record).map_err(|e| match e.kind() {
                csv::ErrorKind::Io(e) => unreadable(file, e),
                _ => error(String::new(), format!("is not CSV ({e})"), "write point,x0,x1,…"),
            })?;
            // The reader stands at the beginning of the next. Where the record says it began, empty lines may follow.
            let line = reader.position().line() - 1;
            for field in record.iter().filter(|field| !field.is_ascii() || field.contains(&0)) {
                decode(field).map_err(|e| error(format!("line {line}"), e.of_field(field), e.remedy))?;
            }
            Ok(more.then_some(line))
        };
        next(&mut record)?;
        let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let width = expected.map_or(names.len().saturating_sub(1), |(width, _)| width);
        if let Some((problem, remedy)) = header::fault(&names, width, expected.map(|(_, what)| what)) {
            return Err(error(header::shown(&names), problem, remedy));
        }
        let mut contents = Contents {
            names: Vec::new(),
            lines: Vec::new(),
            width,
            values: Vec::new(),
            hash: 0,
            sha256: String::new(),
        };
        while let Some(line) = next(&mut record)? {
            if record.len() != width + 1 {
                let fields = |count: usize| if count == 1 { "1 field".into() } else { format!("{count} fields") };
                let problem = format!("has {}, the header has {}", fields(record.len()), width + 1);
                return Err(error(format!("line {line}"), problem, &format!("every row needs {} fields", width + 1)));
            }
            contents.names.push(String::from_utf8_lossy(&record[0]).into_owned());
            contents.lines.push(line);
            for (text, name) in record.iter().zip(&names).skip(1) {
                let text = String::from_utf8_lossy(text);
                contents.values.push(decimal::read(&text).map_err(|fault| {
                    error(format!("line {line}, {name} = {text}"), fault.to_string(), fault.remedy())
                })?);
            }
        }
        drop(reader);
        if contents.names.is_empty() {
            return Err(error(String::new(), "holds no points".into(), "write at least one row below the header"));
        }
        contents.values.shrink_to_fit();
        (contents.hash, contents.sha256) = (input.fnv(), input.sha256());
        Ok(Points { path: file.into(), location: file.into(), contents: Arc::new(contents) })
    }

    /// Checks that every point has `width` numbers, `what` in the plural, for example `weights`.
    ///
    /// # Errors
    /// They have another width.
    pub fn expect_width(&self, width: usize, what: &str) -> Result<(), PointsError> {
        if self.width() == width {
            return Ok(());
        }
        let names: Vec<String> = (0..=self.width()).map(header::column).collect();
        let (problem, remedy) = header::fault(&names, width, Some(what)).unwrap_or_default();
        let (file, place) = (self.location.display().to_string(), header::shown(&names));
        Err(PointsError { file, place, problem, remedy: remedy.into() })
    }

    /// The same points under another path, which is found at `location`.
    pub(crate) fn moved(&self, path: &str, location: PathBuf) -> Self {
        Points { path: path.into(), location, contents: self.contents.clone() }
    }

    /// Path of the file as it was written.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where the file was found: its path from the current folder.
    pub fn location(&self) -> &Path {
        &self.location
    }

    /// Number of points, at least 1.
    pub fn count(&self) -> usize {
        self.contents.names.len()
    }

    /// Numbers in a point, at least 1.
    pub fn width(&self) -> usize {
        self.contents.width
    }

    /// Names of the points, the first column.
    pub fn names(&self) -> &[String] {
        &self.contents.names
    }

    /// All numbers, [`Points::width`] for each point, one point after another.
    pub fn values(&self) -> &[f64] {
        &self.contents.values
    }

    /// The numbers of a point below [`Points::count`].
    pub fn point(&self, index: usize) -> &[f64] {
        &self.contents.values[index * self.width()..][..self.width()]
    }

    /// Line of the file in which a point below [`Points::count`] stands, from 1.
    pub fn line(&self, index: usize) -> u64 {
        self.contents.lines[index]
    }

    /// SHA-256 of the file's bytes, hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.contents.sha256
    }

    /// FNV-1a hash of the file's bytes, 64 bits: what seeds.
    pub fn hash(&self) -> u64 {
        self.contents.hash
    }

    /// Text that stands for the file's contents in the seed of a cell, whatever its path: `fnv:` and the hash in
    /// hexadecimal. It must never change.
    pub fn identity(&self) -> String {
        format!("fnv:{:016x}", self.hash())
    }
}

impl PartialEq for Points {
    /// Whether two files have the same contents, by their checksums; their paths do not matter.
    fn eq(&self, other: &Self) -> bool {
        self.sha256() == other.sha256()
    }
}

impl fmt::Display for Points {
    /// The path as it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl fmt::Debug for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({} points of {} numbers, {})", self.path, self.count(), self.width(), self.identity())
    }
}

/// Makes every line end in `\n` alone, wherever the file was written: `\r\n` and a lone `\r` become one. The CSV reader
/// would end a row between the two and count the line later. A byte order mark of UTF-8 is left out.
struct Lines<R> {
    inner: R,
    /// Whether the last byte was `\r`, which has become `\n`.
    after_return: bool,
    /// How many bytes of a byte order mark were seen, at the beginning only.
    mark: usize,
}

impl<R> Lines<R> {
    fn new(inner: R) -> Self {
        Lines { inner, after_return: false, mark: 0 }
    }
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let count = self.inner.read(buffer)?;
            let mut kept = 0;
            for i in 0..count {
                let byte = buffer[i];
                if MARK.get(self.mark) == Some(&byte) {
                    self.mark += 1;
                    continue;
                }
                self.mark = MARK.len();
                let ended = std::mem::replace(&mut self.after_return, byte == b'\r');
                if ended && byte == b'\n' {
                    continue;
                }
                buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
            // Nothing kept of something read is not the end.
            if kept > 0 || count == 0 {
                return Ok(kept);
            }
        }
    }
}

/// A file of points, unless it is too long.
fn open(path: &Path) -> std::io::Result<Limited<File>> {
    Limited::of_file(File::open(path)?, limited::POINTS)
}

/// The reason of an input or output error without the operating system's number.
pub fn io_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

fn unreadable(file: &str, error: &std::io::Error) -> PointsError {
    PointsError {
        file: file.into(),
        place: String::new(),
        problem: format!("cannot be read ({})", io_reason(error)),
        remedy: if error.kind() == ErrorKind::FileTooLarge { "split it" } else { "check the path" }.into(),
    }
}
