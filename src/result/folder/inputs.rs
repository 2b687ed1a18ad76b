//! The files that an experiment reads, as its result folder keeps them: copies in `inputs/`.

use super::error::{CHECK_PERMISSIONS, StoreError, io};
use super::files::write_beside;
use super::manifest::FileRecord;
use crate::experiment::Spec;
use crate::landscape::Value;
use crate::numerics::checksum::{Hashing, sha256_of};
use crate::result::Results;
use std::fs::{self, File};
use std::path::Path;

/// Folder of the copies, in the result folder.
const FOLDER: &str = "inputs";

/// Checksums of the files' contents, with the paths of their copies from the result folder.
#[derive(Debug)]
pub(super) struct Inputs(Vec<(String, String)>);

/// A file that an experiment reads.
struct InputFile<'a> {
    /// Its path as it was written.
    path: &'a str,
    /// Where it is.
    location: &'a Path,
    /// SHA-256 of its contents, in hexadecimal digits.
    sha256: &'a str,
}

/// Every file that an experiment reads.
fn files(spec: &Spec) -> impl Iterator<Item = InputFile<'_>> {
    let model = spec.model_file.iter().map(|file| InputFile {
        path: &file.path,
        location: &file.location,
        sha256: &file.sha256,
    });
    let points = spec.params.iter().flat_map(|(_, values)| values).filter_map(|value| match value {
        Value::Points(Some(points)) => {
            Some(InputFile { path: points.path(), location: points.location(), sha256: points.sha256() })
        }
        _ => None,
    });
    model.chain(points)
}

impl Inputs {
    /// The copies that a new folder will hold: one for each content, called as its file is. Names that differ only in
    /// case count as the same, as they do on some systems.
    pub(super) fn of(spec: &Spec) -> Self {
        Inputs(Vec::new()).and_more(spec)
    }

    /// These copies, and those that an experiment needs besides.
    pub(super) fn and_more(self, spec: &Spec) -> Self {
        let mut inputs = self;
        for file in files(spec) {
            if inputs.path(file.sha256).is_some() {
                continue;
            }
            let name = Path::new(file.path).file_name().map_or("input".into(), |n| n.to_string_lossy());
            let (stem, extension) = match name.rfind('.') {
                Some(dot) if dot > 0 => name.split_at(dot),
                _ => (&*name, ""),
            };
            let taken = |path: &String| inputs.0.iter().any(|(_, other)| other.to_lowercase() == path.to_lowercase());
            let numbered = (2..).map(|i| format!("{FOLDER}/{stem}-{i}{extension}"));
            let path = std::iter::once(format!("{FOLDER}/{name}")).chain(numbered).find(|path| !taken(path));
            inputs.0.extend(path.map(|path| (file.sha256.to_string(), path)));
        }
        inputs
    }

    /// The copies that a folder holds, from its own experiment.
    pub(super) fn kept(spec: &Spec) -> Self {
        Inputs(files(spec).map(|file| (file.sha256.to_string(), file.path.to_string())).collect())
    }

    /// Path of the copy of a file with these contents.
    fn path(&self, sha256: &str) -> Option<&String> {
        self.0.iter().find(|(checksum, _)| checksum == sha256).map(|(_, path)| path)
    }

    /// Paths of the copies.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, path)| path.as_str())
    }

    /// What the manifest says of the copies: their names and contents.
    ///
    /// # Errors
    /// A file is not there any more.
    pub(super) fn records(&self, spec: &Spec) -> Result<Vec<(String, FileRecord)>, StoreError> {
        let mut records = Vec::new();
        for file in files(spec) {
            let Some(name) = self.path(file.sha256) else { continue };
            let source = file.location;
            let bytes = fs::metadata(source).map_err(io(source, "read", "check the path"))?.len();
            records.push((name.clone(), FileRecord { bytes, sha256: file.sha256.into() }));
        }
        Ok(records)
    }

    /// Copies the files into a folder, those that are not there yet.
    ///
    /// # Errors
    /// A file cannot be read or written, or its contents are not what the experiment was read with.
    pub(super) fn copy(&self, folder: &Path, spec: &Spec) -> Result<(), StoreError> {
        for file in files(spec) {
            let Some(target) = self.path(file.sha256).map(|path| folder.join(path)) else { continue };
            // The file itself may be the copy, where the experiment is one of a result folder.
            if File::open(&target).and_then(sha256_of).is_ok_and(|checksum| checksum == file.sha256) {
                continue;
            }
            let inputs = folder.join(FOLDER);
            fs::create_dir_all(&inputs).map_err(io(&inputs, "created", CHECK_PERMISSIONS))?;
            let source = file.location;
            let input = File::open(source).map_err(io(source, "read", "check the path"))?;
            let mut input = Hashing::new(input);
            let mut changed = false;
            // Outside `inputs/`, where any name may be that of a copy.
            let copied = write_beside(&target, &folder.join(FOLDER), true, |output| {
                std::io::copy(&mut input, output)?;
                changed = input.sha256() != file.sha256;
                if changed { Err(std::io::ErrorKind::InvalidData.into()) } else { Ok(()) }
            });
            copied.map_err(|error| match changed {
                true => StoreError::Io {
                    path: source.display().to_string(),
                    action: "copied",
                    reason: "its contents changed after it was read".into(),
                    remedy: "run the same command again",
                },
                false => error,
            })?;
        }
        Ok(())
    }

    /// A value with the path of the copy in `folder`, where it has one.
    fn value(&self, folder: &Path, value: &Value) -> Option<Value> {
        let Value::Points(Some(points)) = value else { return None };
        let path = self.path(points.sha256())?;
        Some(Value::Points(Some(points.moved(path, folder.join(path)))))
    }

    /// Gives the values of an experiment and of its grid the paths of the copies in `folder`.
    pub(super) fn rename(&self, folder: &Path, results: &mut Results) {
        for value in results.spec.params.iter_mut().flat_map(|(_, values)| values) {
            if let Some(copied) = self.value(folder, value) {
                *value = copied;
            }
        }
        if let Some(file) = &mut results.spec.model_file
            && let Some(path) = self.path(&file.sha256)
        {
            (file.path, file.location) = (path.clone(), folder.join(path));
        }
        results.plan.cells.iter_mut().for_each(|cell| cell.values.replace(|value| self.value(folder, value)));
    }
}
