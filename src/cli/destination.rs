//! Files that the user names: where the output of a flag goes.
//!
//! `-` is standard output. A regular file is replaced as a whole, under a temporary name that is then renamed, so that
//! it is the old one or the new one however the program ends. What is no regular file is written into as it is: a link
//! stays a link and its target gets the contents, a pipe or a device gets the bytes.

use super::{Usage, print_exactly};
use spurious::landscape::points::io_reason;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Standard output as it is named besides `-`. Opened by these names, a file that it was sent to would be cut short.
const STANDARD_OUTPUT: [&str; 3] = ["-", "/dev/stdout", "/dev/fd/1"];

/// Where the output of a flag goes.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    flag: &'static str,
    path: PathBuf,
}

impl Destination {
    /// The file that a flag names. It is looked at before any work begins, not when that is done.
    ///
    /// # Errors
    /// It is a folder, or would be in a folder that does not exist.
    pub(super) fn new(flag: &'static str, path: &Path) -> Result<Self, Usage> {
        let this = Destination { flag, path: path.into() };
        if this.is_standard_output() {
            return Ok(this);
        }
        if path.as_os_str().is_empty() {
            return Err(this.wrong("names no file", "write the path of a file, or - for standard output"));
        }
        if path.is_dir() {
            return Err(this.wrong("is a folder", "name a file in it"));
        }
        let folder = folder_of(path);
        match fs::metadata(folder) {
            Ok(found) if !found.is_dir() => {
                Err(this.wrong(&format!("{} is no folder", folder.display()), "name a file in a folder"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(this
                    .wrong(&format!("the folder {} does not exist", folder.display()), "make it, or name another file"))
            }
            _ => Ok(this),
        }
    }

    /// Whether this is standard output.
    pub(super) fn is_standard_output(&self) -> bool {
        STANDARD_OUTPUT.iter().any(|name| self.path.as_os_str() == *name)
    }

    /// Whether the name of the file ends so.
    pub(super) fn has_ending(&self, ending: &str) -> bool {
        self.path.extension().is_some_and(|found| found == ending)
    }

    /// Refuses two flags that both name standard output.
    ///
    /// # Errors
    /// They do.
    pub(super) fn refuse_two(one: Option<&Self>, other: Option<&Self>) -> Result<(), Usage> {
        match (one.filter(|one| one.is_standard_output()), other.filter(|other| other.is_standard_output())) {
            (Some(one), Some(other)) => Err(other.wrong(
                &format!("is standard output, to which {} goes already", one.flag),
                "name a file for one of the two",
            )),
            _ => Ok(()),
        }
    }

    /// Writes the whole output.
    ///
    /// # Errors
    /// It cannot be written. A reader of a pipe that has gone away is no error.
    pub(super) fn write(&self, contents: &[u8]) -> anyhow::Result<()> {
        if self.is_standard_output() {
            return print_exactly(contents);
        }
        let remedy = "check permissions and free space, or name another file";
        write(&self.path, contents)
            .map_err(|error| anyhow::anyhow!("{}: cannot be written ({}); {remedy}", self.name(), io_reason(&error)))
    }

    /// How messages call it.
    pub(super) fn shown(&self) -> String {
        if self.is_standard_output() { "standard output".into() } else { self.path.display().to_string() }
    }

    fn name(&self) -> String {
        format!("{} = {}", self.flag, self.path.display())
    }

    fn wrong(&self, problem: &str, remedy: &str) -> Usage {
        Usage(format!("{}: {problem}; {remedy}", self.name()))
    }
}

/// The folder that a flag names for several files, made if it is not there.
///
/// # Errors
/// It is standard output or a file, or cannot be made.
pub(super) fn folder(flag: &str, path: &Path) -> Result<(), Usage> {
    let wrong = |problem: &str, remedy: &str| Err(Usage(format!("{flag} = {}: {problem}; {remedy}", path.display())));
    if STANDARD_OUTPUT.iter().any(|name| path.as_os_str() == *name) {
        return wrong("is standard output, which takes one file, not several", "name a folder, ./- for one called -");
    }
    if path.exists() && !path.is_dir() {
        return wrong("is a file", "name a folder");
    }
    match fs::create_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) => wrong(&format!("cannot be made ({})", io_reason(&error)), "check permissions, or name another"),
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces a regular file as a whole; writes into anything else.
fn write(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {
            // A file that may not be written stays, though its folder would let it be replaced.
            drop(File::options().write(true).open(path)?);
            replace(path, contents, Some(found.permissions()))
        }
        Ok(_) => into(path, contents),
        Err(error) if error.kind() == ErrorKind::NotFound => replace(path, contents, None),
        Err(error) => Err(error),
    }
}

/// Writes under a temporary name in the same folder, then renames; in place where the folder takes no other file.
fn replace(path: &Path, contents: &[u8], permissions: Option<fs::Permissions>) -> std::io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let mut file = match File::options().write(true).create_new(true).open(&temporary) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied && permissions.is_some() => {
            return into(path, contents);
        }
        file => file?,
    };
    let written = file.write_all(contents).and_then(|()| match permissions {
        Some(permissions) => file.set_permissions(permissions),
        None => Ok(()),
    });
    drop(file);
    written.and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        // A leftover does no harm.
        let _ = fs::remove_file(&temporary);
    })
}

/// Writes into what is there: through a link, into a pipe or a device.
fn into(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let mut file = File::options().write(true).create(true).truncate(true).open(path)?;
    match file.write_all(contents) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
