//! Certificates as files: they say exactly what was proved, are read back, and are refused when changed.

mod python;

use crate::landscape::proof::padded::blocks_of_three;
use crate::landscape::proof::written::{SIGNAL, phase_retrieval, saddle, subject};
use crate::landscape::proof::{cell, square};
use crate::models::relu_sum::families::named;
use sha2::{Digest, Sha256};
use spurious::landscape::{Goal, Proof, Verdict};
use spurious::result::certificate::Certificate;

trials![
    modules(python),
    certificates_are_read_back,
    certificates_of_every_model_are_checked,
    changed_certificates_are_refused,
    false_claims_are_refused,
    false_gaps_of_larger_inputs_are_refused,
    keys_given_twice_are_refused,
    older_files_are_named,
    the_checksum_is_of_the_canonical_text,
    parameters_of_another_landscape_are_refused,
    foreign_files_are_refused,
    written_losses_are_checked,
];

/// The certificate of type II for six teachers.
fn usual() -> Certificate {
    let (_, subject) = square(6);
    let point = named("II", 6);
    let proof = subject.prove(&point, None).expect("a proof");
    Certificate::new("II", vec![("teachers".into(), "6".into())], &*subject, &point, proof)
}

fn certificates_are_read_back() {
    let certificate = usual();
    let text = certificate.text();
    assert_eq!(Certificate::parse(&text, "file"), Ok(certificate.clone()));
    // Other spaces are the same file.
    let compact: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(Certificate::parse(&compact.to_string(), "file"), Ok(certificate.clone()));
    // What is written is what was proved, to one part in a million.
    let (_, subject) = square(6);
    let proof = subject.prove(&certificate.point, None).expect("a proof");
    let claim = certificate.proof;
    assert!(claim.gap_low < proof.gap_low && claim.gap_low > proof.gap_low * (1.0 - 2e-6));
    assert!(claim.eigenvalue_min_low < proof.eigenvalue_min_low);
    assert!(claim.loss_low <= proof.loss_low && claim.loss_high >= proof.loss_high);
    assert!(claim.distance_high > proof.distance_high);
    assert_eq!((claim.radius, claim.index, claim.verdict), (proof.radius, 0, Verdict::Minimum));
    // Hexadecimal floats as Python writes them: 1/10 and a number below 0 are known texts.
    assert!(text.contains("\"index\": 0") && text.contains("\"0x1.0000000000000p+0\"") && text.contains("\"-0x1."));
}

fn certificates_of_every_model_are_checked() {
    let cases: [(&str, &[(&str, &str)]); 4] = [
        ("relu_sum", &[("teachers", "5")]),
        ("relu_sum", &[("teachers", "8")]),
        ("pooled_cnn", &[("filter_length", "5"), ("stride", "2"), ("patches", "6")]),
        ("cnn", &[("patches", "9"), ("ratio", "2.0")]),
    ];
    for (model, set) in cases {
        let (_, subject) = cell(model, set);
        let known = subject.known();
        assert!(!known.is_empty(), "{model}");
        for (name, point) in known {
            let proof = subject.prove(&point, None).unwrap_or_else(|why| panic!("{model}, {name}: {why}"));
            let text = Certificate::new(&name, Vec::new(), &*subject, &point, proof).text();
            let read = Certificate::parse(&text, "file").unwrap();
            assert_eq!((&read.model[..], &read.point), (model, &point));
            let checked = read.check().unwrap_or_else(|why| panic!("{model}, {name}: {why}"));
            assert_eq!(checked.verdict, proof.verdict, "{model}, {name}");
        }
    }
}

/// Every digit of the file, one at a time, and letters of its words.
fn changed_certificates_are_refused() {
    let text = usual().text();
    let mut changed = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric()) {
        let other = match byte {
            b'9' => b'0',
            b'0'..=b'8' => byte + 1,
            b'z' | b'Z' => b'a',
            _ => byte + 1,
        };
        let mut bytes = text.clone().into_bytes();
        bytes[at] = other;
        let wrong = String::from_utf8(bytes).unwrap();
        let error =
            Certificate::parse(&wrong, "file").expect_err(&wrong[at.saturating_sub(20)..(at + 20).min(text.len())]);
        assert!(error.to_string().starts_with("file: "), "{error}");
        changed += 1;
    }
    assert!(changed > 1000, "{changed}");
}

/// Claims that are written with a fitting checksum are proved anew, and what is too much is named.
fn false_claims_are_refused() {
    let right = usual();
    assert_eq!(right.check(), Ok(right.proof));
    let refused = |what: &str, change: &dyn Fn(&mut Proof)| {
        let mut wrong = right.clone();
        change(&mut wrong.proof);
        let read = Certificate::parse(&wrong.text(), "file").expect("a file with a fitting checksum");
        let why = read.check().expect_err(what).to_string();
        assert!(why.contains(what), "{what}: {why}");
    };
    refused("index", &|proof| proof.index = 1);
    refused("verdict", &|proof| proof.verdict = Verdict::Global);
    refused("verdict", &|proof| proof.verdict = Verdict::Saddle);
    refused("gap_low", &|proof| proof.gap_low *= 1.01);
    refused("eigenvalue_min_low", &|proof| proof.eigenvalue_min_low *= 1.001);
    refused("distance_high", &|proof| proof.distance_high *= 0.9);
    refused("gradient_norm_high", &|proof| proof.gradient_norm_high = 0.0);
    refused("loss_low", &|proof| proof.loss_low += 1e-9);
    refused("loss_high", &|proof| proof.loss_high -= 1e-9);
    refused("radius", &|proof| proof.radius = 1.0);
    refused("extra_eigenvalue_low", &|proof| proof.extra_eigenvalue_low = Some(0.5));
    // Weaker than found, but no statement any more.
    refused("loss_low", &|proof| proof.loss_low = 0.0);
    refused("gap_low", &|proof| proof.gap_low = 0.0);
    refused("gap_low", &|proof| proof.gradient_norm_high = 1.0);
    refused("extra_eigenvalue_low", &|proof| proof.extra_eigenvalue_low = Some(-0.1));
    refused("extra_eigenvalue_low", &|proof| proof.extra_eigenvalue_low = None);
    refused("extra_eigenvalue_low", &|proof| proof.every_input_dim = Some(false));
    // Weaker claims are as true.
    let mut weaker = right.clone();
    weaker.proof.gap_low *= 0.5;
    weaker.proof.every_input_dim = Some(false);
    weaker.proof.extra_eigenvalue_low = None;
    assert!(weaker.check().is_ok());
    // A point, a teacher or a size that is another.
    let mut wrong = right.clone();
    wrong.point[7] += 1e-3;
    assert!(wrong.check().is_err());
    wrong.point.pop();
    assert!(wrong.check().unwrap_err().to_string().contains("35 numbers, and the landscape 36"));
    for (key, value) in
        [("neurons", serde_json::json!(7)), ("input_dim", serde_json::json!(0)), ("extra", serde_json::json!(1))]
    {
        let mut wrong = right.clone();
        wrong.landscape[key] = value;
        assert!(wrong.check().unwrap_err().to_string().contains("landscape"), "{key}");
    }
    let mut wrong = right.clone();
    wrong.landscape["teachers"][3] = "0x1.0000000000000p-3".into();
    assert!(wrong.check().is_err());
    for model in ["quadratic", "nothing", "cnn"] {
        let wrong = Certificate { model: model.into(), ..right.clone() };
        assert!(wrong.check().is_err(), "{model}");
    }
}

/// A saddle whose gap in larger dimensions is smaller than that in its own.
fn false_gaps_of_larger_inputs_are_refused() {
    let (_, subject) = square(6);
    let point = blocks_of_three();
    let proof = subject.prove(&point, None).expect("a proof");
    let right = Certificate::new("saddle", Vec::new(), &*subject, &point, proof);
    assert_eq!(right.check(), Ok(right.proof));
    let extra = right.proof.extra_eigenvalue_low.expect("a bound");
    assert!(extra < right.proof.gap_low && right.proof.every_input_dim == Some(true));
    for claim in [right.proof.gap_low, 1.5 * extra, 0.0, -extra, f64::NAN] {
        let mut wrong = right.clone();
        wrong.proof.extra_eigenvalue_low = Some(claim);
        assert!(wrong.check().unwrap_err().to_string().contains("extra_eigenvalue_low"), "{claim}");
    }
}

/// At the top, in the landscape and in the parameters, with another value or the same.
fn keys_given_twice_are_refused() {
    let text = usual().text();
    for (once, twice) in [
        ("\"index\": 0", "\"index\": 0, \"index\": 0"),
        ("\"neurons\": 6", "\"neurons\": 7, \"neurons\": 6"),
        ("\"teachers\": \"6\"", "\"teachers\": \"8\", \"teachers\": \"6\""),
    ] {
        assert!(text.contains(once), "{once}: {text}");
        let error = Certificate::parse(&text.replacen(once, twice, 1), "file").expect_err(twice).to_string();
        assert!(error.contains("is given twice") && error.contains("line"), "{error}");
    }
}

fn older_files_are_named() {
    let older = usual().text().replace("certificate 2", "certificate 1");
    let error = Certificate::parse(&older, "file").expect_err("another format");
    assert!(!error.is_foreign);
    let text = error.to_string();
    for part in ["spurious certificate 1", "larger input dimensions", "certify the point again"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// What is only carried is covered too; keys in another order are the same file.
fn the_checksum_is_of_the_canonical_text() {
    let text = usual().text();
    for (right, wrong) in [
        ("\"name\": \"II\"", "\"name\": \"A\""),
        ("\"teachers\": \"6\"", "\"teachers\": \"7\""),
        ("\"program\": \"spurious ", "\"program\": \"spurious 1"),
    ] {
        assert!(text.contains(right), "{right}: {text}");
        let error = Certificate::parse(&text.replacen(right, wrong, 1), "file").expect_err(wrong).to_string();
        assert!(error.contains("checksum"), "{error}");
    }
    let mut sorted: serde_json::Value = serde_json::from_str(&text).unwrap();
    sorted.sort_all_objects();
    assert_eq!(Certificate::parse(&sorted.to_string(), "file"), Ok(usual()));
    let claimed = sorted.as_object_mut().unwrap().remove("checksum").unwrap();
    sorted.sort_all_objects();
    let sum: String = Sha256::digest(sorted.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(claimed, sum.as_str());
}

/// They are read beside the proof, whatever the checksum says.
fn parameters_of_another_landscape_are_refused() {
    let right = usual();
    let with = |parameters: &[(&str, &str)]| {
        let parameters = parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Certificate { parameters, ..right.clone() }
    };
    for same in
        [&[][..], &[("teachers", "6")], &[("neurons", "6"), ("teachers", "6")], &[("seed", "5"), ("teachers", "6")]]
    {
        assert_eq!(with(same).check(), Ok(right.proof), "{same:?}");
    }
    for (other, part) in [
        (&[("teachers", "7")][..], "another landscape"),
        (&[("teachers", "6"), ("neurons", "7")], "another landscape"),
        (&[("teachers", "many")], "is not"),
        (&[("teachers", "0")], "is not"),
    ] {
        let sealed = Certificate::parse(&with(other).text(), "file").unwrap();
        let refusal = sealed.check().expect_err(part).to_string();
        assert!(refusal.starts_with("parameters: ") && refusal.contains(part), "{refusal}");
    }
}

fn foreign_files_are_refused() {
    let text = usual().text();
    for (wrong, part) in [
        (String::new(), "this is no certificate (not JSON"),
        ("point,x0\na,1\n".into(), "this is no certificate (not JSON"),
        ("{}".into(), "this is no certificate (it has no field format"),
        ("[1, 2]".into(), "this is no certificate (it has no field format"),
        ("{\"format\": 4}".into(), "this is no certificate (it has no field format"),
        ("{\"format\": \"other\"}".into(), "this is no certificate (format = other)"),
        ("{\"format\": \"spurious certificate 2\"}".into(), "is no whole certificate (missing field"),
        (text.replace("certificate 2", "certificate 3"), "this program reads spurious certificate 2"),
        (text.replace("\"index\": 0", "\"index\": -1"), "is no whole certificate"),
        (text.replace("\"index\": 0", "\"index\": 0,\n  \"more\": 0"), "unknown field `more`"),
        (text.replacen("\"0x1.0000000000000p+0\"", "1.0", 1), "checksum"),
        (text.replacen("\"radius\": \"", "\"radius\": \"+", 1), "is no number in hexadecimal"),
        (text.replacen("\"radius\": \"0x1.", "\"radius\": \"0x1,", 1), "is no number in hexadecimal"),
        (text.replacen("\"radius\": \"0x1.", "\"radius\": \"0x1.0", 1), "is no number in hexadecimal"),
        (text.replacen("\"radius\": \"", "\"radius\": \"0x1.0000000000000p+1024\", \"x\": \"", 1), "is no number"),
    ] {
        let error = Certificate::parse(&wrong, "file").expect_err(part).to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
}

/// A loss that is a graph stands in its file, so that no model of the program is asked; nor are the parameters, that
/// made it.
fn written_losses_are_checked() {
    let subject = subject(&phase_retrieval(Goal::Minima(vec![SIGNAL.into()]), true));
    for (point, flat) in [(SIGNAL, None), (saddle(), Some(1))] {
        let proof = spurious::landscape::Provable::prove(&subject, &point, None).expect("a proof");
        let parameters = vec![("dimension".to_string(), "3".to_string())];
        let right = Certificate::new("point", parameters, &subject, &point, proof);
        let text = right.text();
        assert_eq!(text.contains("flat_directions"), flat.is_some(), "{text}");
        let read = Certificate::parse(&text, "file").expect("a certificate");
        assert_eq!((&read, &read.model[..]), (&right, "test.star"));
        assert_eq!(read.check(), Ok(right.proof));
        assert_eq!(read.check().map(|proof| (proof.flat_directions, proof.every_input_dim)), Ok((flat, None)));
        let refused = |part: &str, change: &dyn Fn(&mut Certificate)| {
            let mut wrong = right.clone();
            change(&mut wrong);
            let read = Certificate::parse(&wrong.text(), "file").expect("a file with a fitting checksum");
            let why = read.check().expect_err(part).to_string();
            assert!(why.contains(part), "{part}: {why}");
        };
        refused("not a graph", &|c| c.model = "cnn".into());
        refused("2 numbers, and the landscape 3", &|c| c.point.truncate(2));
        refused("index", &|c| c.proof.index = 2);
        refused("verdict", &|c| c.proof.verdict = Verdict::Minimum);
        refused("loss_high", &|c| c.proof.loss_high = -1.0);
        refused("gap_low", &|c| c.proof.gap_low *= 1.01);
        refused("flat_directions", &|c| c.proof.flat_directions = Some(2));
        refused("landscape: operation 0", &|c| c.landscape["operations"][0] = "neg 0".into());
        refused("landscape: unknown field", &|c| c.landscape["teachers"] = 3.into());
    }
}
