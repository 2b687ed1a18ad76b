//! The files that an experiment reads, as its result folder keeps them: copies in `inputs/`.

use super::{CHECK_PERMISSIONS, StoreError, io};
use crate::experiment::Spec;
use crate::landscape::{Points, Value};
use crate::numerics::checksum::{Hashing, sha256_of};
use crate::result::Results;
use std::fs::{self, File};
use std::path::Path;

/// Folder of the copies, in the result folder.
const FOLDER: &str = "inputs";

/// Checksums of the files' contents, with the paths of their copies from the result folder.
#[derive(Debug)]
pub(super) struct Inputs(Vec<(String, String)>);

/// Every file that an experiment reads.
fn files(spec: &Spec) -> impl Iterator<Item = &Points> {
    spec.params.iter().flat_map(|(_, values)| values).filter_map(|value| match value {
        Value::Points(points) => points.as_ref(),
        _ => None,
    })
}

impl Inputs {
    /// The copies that a new folder will hold: one for each content, called as its file is. Names that differ only in
    /// case count as the same, as they do on some systems.
    pub(super) fn of(spec: &Spec) -> Self {
        let mut inputs = Inputs(Vec::new());
        for points in files(spec) {
            if inputs.path(points).is_some() {
                continue;
            }
            let name = Path::new(points.path()).file_name().map_or("points.csv".into(), |n| n.to_string_lossy());
            let (stem, extension) = match name.rfind('.') {
                Some(dot) if dot > 0 => name.split_at(dot),
                _ => (&*name, ""),
            };
            let taken = |path: &String| inputs.0.iter().any(|(_, other)| other.to_lowercase() == path.to_lowercase());
            let numbered = (2..).map(|i| format!("{FOLDER}/{stem}-{i}{extension}"));
            let path = std::iter::once(format!("{FOLDER}/{name}")).chain(numbered).find(|path| !taken(path));
            inputs.0.extend(path.map(|path| (points.sha256().to_string(), path)));
        }
        inputs
    }

    /// The copies that a folder holds, from its own experiment.
    pub(super) fn kept(spec: &Spec) -> Self {
        Inputs(files(spec).map(|points| (points.sha256().to_string(), points.path().to_string())).collect())
    }

    /// Path of a file's copy.
    fn path(&self, points: &Points) -> Option<&String> {
        self.0.iter().find(|(checksum, _)| checksum == points.sha256()).map(|(_, path)| path)
    }

    /// Paths of the copies.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, path)| path.as_str())
    }

    /// Copies the files into a folder, those that are not there yet.
    ///
    /// # Errors
    /// A file cannot be read or written, or its contents are not what the experiment was read with.
    pub(super) fn copy(&self, folder: &Path, spec: &Spec) -> Result<(), StoreError> {
        for points in files(spec) {
            let Some(target) = self.path(points).map(|path| folder.join(path)) else { continue };
            // The file itself may be the copy, where the experiment is one of a result folder.
            if File::open(&target).and_then(sha256_of).is_ok_and(|checksum| checksum == points.sha256()) {
                continue;
            }
            let inputs = folder.join(FOLDER);
            fs::create_dir_all(&inputs).map_err(io(&inputs, "created", CHECK_PERMISSIONS))?;
            // Outside `inputs/`, where any name may be that of a copy.
            let temporary = folder.join("inputs.tmp");
            let source = points.location();
            let input = File::open(source).map_err(io(source, "read", "check the path"))?;
            let mut output = File::create(&temporary).map_err(io(&temporary, "written", CHECK_PERMISSIONS))?;
            let mut input = Hashing::new(input);
            std::io::copy(&mut input, &mut output).map_err(io(source, "copied", CHECK_PERMISSIONS))?;
            if input.sha256() != points.sha256() {
                // A leftover does no harm.
                let _ = fs::remove_file(&temporary);
                return Err(StoreError::Io {
                    path: source.display().to_string(),
                    action: "copied",
                    reason: "its contents changed after it was read".into(),
                    remedy: "run the same command again",
                });
            }
            fs::rename(&temporary, &target).map_err(io(&target, "written", CHECK_PERMISSIONS))?;
        }
        Ok(())
    }

    /// A value with the path of the copy in `folder`.
    fn value(&self, folder: &Path, value: &mut Value) {
        if let Value::Points(Some(points)) = value
            && let Some(path) = self.path(points)
        {
            *points = points.moved(path, folder.join(path));
        }
    }

    /// Gives the values of an experiment and of its grid the paths of the copies in `folder`.
    pub(super) fn rename(&self, folder: &Path, results: &mut Results) {
        let lists = results.spec.params.iter_mut().flat_map(|(_, values)| values);
        let values = results.plan.cells.iter_mut().flat_map(|cell| &mut cell.values.0).map(|(_, value)| value);
        lists.chain(values).for_each(|value| self.value(folder, value));
    }
}
