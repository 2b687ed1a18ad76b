//! Files of a result folder on the disk: written whole or not at all, under names that nothing else has.

use super::error::{CHECK_PERMISSIONS, StoreError, io};
use super::merge::SHARDS;
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How a temporary name ends, after the number of the process and a number of its own.
const TEMPORARY: &str = ".tmp";

/// Names that are tried for a temporary file: all but the first are taken only by what is not ours.
const TRIES: usize = 1000;

/// Opens a new file beside `path`, under a name that nothing has: what stands there, a link for example, is neither
/// followed nor replaced.
///
/// # Errors
/// The folder takes no file.
pub(super) fn temporary(path: &Path) -> std::io::Result<(PathBuf, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut taken = None;
    for _ in 0..TRIES {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}-{number}{TEMPORARY}", std::process::id()));
        let name = PathBuf::from(name);
        match File::options().write(true).create_new(true).open(&name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = Some(error),
            file => return file.map(|file| (name, file)),
        }
    }
    Err(taken.unwrap_or_else(|| ErrorKind::AlreadyExists.into()))
}

/// Whether a name is one of [`temporary`], of any process.
pub(super) fn is_temporary(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let numbers = name.strip_suffix(TEMPORARY).and_then(|front| front.rsplit_once('.'));
    numbers.is_some_and(|(_, numbers)| numbers.split_once('-').is_some_and(|(a, b)| number(a) && number(b)))
}

/// Removes what processes have left that were killed while they wrote. The folder is ours alone.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| !kind.is_dir());
        if is_file && is_temporary(&entry.file_name().to_string_lossy()) {
            // A leftover does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Writes a file piece by piece under a temporary name, then renames it, so that it is whole or absent however the
/// process ends. With `durable` it is on the disk before it counts, and so is its name: not even a power failure takes
/// it away.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write_with(
    path: &Path,
    durable: bool,
    fill: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), StoreError> {
    write_beside(path, path, durable, fill)
}

/// The same with the temporary file beside another path, in the same file system.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write_beside(
    path: &Path,
    beside: &Path,
    durable: bool,
    fill: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), StoreError> {
    let write = || -> std::io::Result<()> {
        let (name, mut file) = temporary(beside)?;
        let written = fill(&mut file).and_then(|()| if durable { file.sync_all() } else { Ok(()) });
        drop(file);
        written.and_then(|()| fs::rename(&name, path)).inspect_err(|_| {
            // A leftover does no harm.
            let _ = fs::remove_file(&name);
        })?;
        if durable { path.parent().map_or(Ok(()), sync_folder) } else { Ok(()) }
    };
    write().map_err(io(path, "written", CHECK_PERMISSIONS))
}

/// Writes a file that can be rendered again, or that is synchronised later.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write_file(path: &Path, contents: &[u8]) -> Result<(), StoreError> {
    write_with(path, false, |file| file.write_all(contents))
}

/// The same piece by piece.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write_through(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), StoreError> {
    write_with(path, false, |file| {
        let mut out = BufWriter::with_capacity(1 << 16, file);
        fill(&mut out)?;
        out.flush()
    })
}

/// Writes a file that is on the disk when this returns.
///
/// # Errors
/// The file cannot be written.
pub(super) fn keep_file(path: &Path, contents: &[u8]) -> Result<(), StoreError> {
    write_with(path, true, |file| file.write_all(contents))
}

/// Forces what was written to a file to the disk.
///
/// # Errors
/// The file cannot be opened, or the disk fails.
pub(super) fn sync_file(path: &Path) -> Result<(), StoreError> {
    // Some systems synchronise only what is open for writing.
    let file = File::options().append(true).open(path);
    file.and_then(|file| file.sync_all()).map_err(io(path, "written", CHECK_PERMISSIONS))
}

/// Forces the names in a folder to the disk, where the system can.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Whether a folder has a manifest.
///
/// # Errors
/// The system does not let us see, for example without permission.
pub(super) fn has_manifest(folder: &Path) -> Result<bool, StoreError> {
    let path = folder.join("manifest.json");
    match path.try_exists() {
        // What should be the folder is a file.
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        found => found.map_err(io(&path, "read", CHECK_PERMISSIONS)),
    }
}

/// Refuses a folder that holds something else. Before the manifest there is only the lock, which stays empty.
pub(super) fn refuse_others(path: &Path) -> Result<(), StoreError> {
    let ours = |entry: &fs::DirEntry| match entry.file_name().to_string_lossy().as_ref() {
        "lock" => entry.metadata().is_ok_and(|m| m.len() == 0),
        // Shards that are about to be joined.
        SHARDS => entry.path().is_dir(),
        name => name.starts_with("manifest.json.") && is_temporary(name),
    };
    let entries = match fs::read_dir(path) {
        // It is made next, or that says why not.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        entries => entries.map_err(io(path, "read", CHECK_PERMISSIONS))?.flatten(),
    };
    match entries.into_iter().find(|entry| !ours(entry)) {
        None => Ok(()),
        Some(entry) => Err(StoreError::NotResults {
            folder: path.display().to_string(),
            reason: format!("it holds {} but no manifest.json", entry.file_name().to_string_lossy()),
            remedy: "choose an empty or new folder with --out",
        }),
    }
}

/// The lock of a folder. It is given back by itself: closing the file does not where another thread is about to start a
/// program, which has the file open too until it runs.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Locks a folder, which must be there.
    pub(super) fn of(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(io(&path, "created", CHECK_PERMISSIONS))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { folder: folder.display().to_string() });
            }
            // A file system without locks: go on unprotected rather than not at all.
            Err(fs::TryLockError::Error(error)) => log::warn!("{}: cannot be locked ({error})", folder.display()),
        }
        Ok(Lock(lock))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What was never locked has nothing to give back.
        let _ = self.0.unlock();
    }
}
