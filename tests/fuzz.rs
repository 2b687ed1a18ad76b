//! Mutated inputs: every reader of what a user may hand over takes anything without a panic, and what it takes means
//! what it says.
//!
//! Each target ([`targets`]) has some seconds of the suite: `SPURIOUS_FUZZ_SECONDS` sets another number. A failure
//! prints its seed, which `SPURIOUS_FUZZ_SEED` repeats. `fuzz/` has the same targets for cargo-fuzz.

mod mutant;
mod targets;

use arbtest::arbtest;
use std::path::Path;

trials![
    mutants_are_mutants,
    experiments = || fuzz(&experiment_files(), targets::experiment),
    points = || fuzz(&points_files(), targets::points),
    certificates = || fuzz(&certificate_files(), targets::certificate),
    sealed_certificates = || fuzz(&certificate_files(), targets::sealed_certificate),
    parts = || fuzz(&part_files(), targets::part),
];

/// Seconds for each target.
fn seconds() -> f64 {
    std::env::var("SPURIOUS_FUZZ_SECONDS").map_or(2.0, |text| text.parse().expect("SPURIOUS_FUZZ_SECONDS"))
}

/// Hands mutants of some files to a target.
fn fuzz(files: &[Vec<u8>], target: fn(&[u8])) {
    files.iter().for_each(|file| target(file));
    let check = |u: &mut arbtest::arbitrary::Unstructured<'_>| {
        target(&mutant::of(files, u)?);
        Ok(())
    };
    let run = arbtest(check).budget(std::time::Duration::from_secs_f64(seconds()));
    match std::env::var("SPURIOUS_FUZZ_SEED") {
        Ok(seed) => {
            let digits = seed.trim_start_matches("0x");
            run.seed(u64::from_str_radix(digits, 16).expect("SPURIOUS_FUZZ_SEED"));
        }
        Err(_) => run.run(),
    }
}

/// The experiments that come with the program.
fn experiment_files() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let files: Vec<Vec<u8>> =
        folder.read_dir().unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(files.len() > 20);
    files
}

fn points_files() -> Vec<Vec<u8>> {
    let files = [
        "point,x0,x1\na,1,0.5\nb,-1e-9,3\n",
        "point,x0\r\n\"a,\"\"b\",1e308\r\n",
        "\u{feff}point,x0,x1,x2\nx, 1 ,2,3\n",
    ];
    files.iter().map(|file| file.as_bytes().to_vec()).collect()
}

/// A certificate of each model that has some.
fn certificate_files() -> Vec<Vec<u8>> {
    targets::certificates().iter().map(|certificate| certificate.text().into_bytes()).collect()
}

/// The parts of a folder that keeps them.
fn part_files() -> Vec<Vec<u8>> {
    let parts = targets::kept_folder().iter().filter(|(path, _)| path.starts_with("parts"));
    let parts: Vec<Vec<u8>> = parts.map(|(_, bytes)| bytes.clone()).collect();
    assert!(!parts.is_empty());
    parts
}

/// Most mutants differ from the file, and some keep most of it: else nothing behind the first check is reached.
fn mutants_are_mutants() {
    let file = b"[experiment]\nname = \"a\"\n".repeat(4);
    let (mut different, mut alike, mut all) = (0, 0, 0);
    for seed in 0..200u8 {
        let noise: Vec<u8> = (0..64u8).map(|i| seed.wrapping_mul(37).wrapping_add(i.wrapping_mul(91)) ^ i).collect();
        let noise = &mut arbtest::arbitrary::Unstructured::new(&noise);
        let mutant = mutant::of(std::slice::from_ref(&file), noise).unwrap();
        all += 1;
        different += usize::from(mutant != file);
        alike += usize::from(mutant != file && mutant.starts_with(&file[..12]));
    }
    assert!(different * 10 > all * 8 && alike > all / 4, "{different} differ, {alike} are alike, of {all}");
}
