//! Certificates: proofs as files, in JSON, whose numbers are hexadecimal floats and whose bounds are stated a little
//! weaker than they were found.
//!
//! A file holds the loss with every number of it (`model`, `landscape`), the point, the ball and the bounds; it needs
//! no experiment, seed or file beside it: the loss of a landscape file stands in it as a graph of operations.
//! [`Certificate::check`] proves everything anew from these numbers alone. What
//! no proof can cover, `name`, `program` and `parameters`, is covered with all the rest by a checksum: SHA-256 of the
//! canonical text, which is the JSON of the file without `checksum`, keys sorted, no spaces between tokens, in UTF-8. A
//! file with one character changed is refused even where what it says is still true.

mod unique;

use crate::landscape::limited::{self, Limited};
use crate::landscape::points::io_reason;
use crate::landscape::written::proof::WrittenLoss;
use crate::landscape::{Invalid, Kind, Model, Proof, Provable, Refusal, Settings, StepSize, Values, Verdict};
use crate::models;
use crate::numerics::checksum::sha256;
use crate::numerics::decimal;
use crate::numerics::hexadecimal::Hexadecimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs::File;
use std::path::Path;
use unique::Unique;

/// How every format begins.
const FAMILY: &str = "spurious certificate ";
/// The format that is written and read.
const FORMAT: &str = "spurious certificate 2";
/// The format before.
const OLDER: &str = "spurious certificate 1";
/// What is wrong with it.
const DOUBT: &str = "what it says of larger input dimensions need not hold";
/// What is to be done with a file that was changed.
const REMEDY: &str = "certify the point again";
/// What a certificate is, for who names another file.
const WHAT_IT_IS: &str =
    "a certificate is the JSON file of one proof, which `spurious certify MODEL --points FILE --out FOLDER` writes";

/// Why a file is no certificate, in one line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}: {problem}; {remedy}")]
pub struct CertificateError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: &'static str,
    /// Whether the file is no certificate at all, of any format.
    pub is_foreign: bool,
}

/// A proof with all that it speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// What the point is called.
    pub name: String,
    /// Program and version that made it.
    pub program: String,
    /// Name of the model.
    pub model: String,
    /// The model's parameters, for readers: the loss is in `landscape`, with which they are compared.
    pub parameters: Vec<(String, String)>,
    /// The numbers that make the loss.
    pub landscape: Value,
    /// The centre of the ball.
    pub point: Vec<f64>,
    /// What is claimed.
    pub proof: Proof,
}

/// The fields of a file, in order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    format: String,
    program: String,
    name: String,
    parameters: Map<String, Value>,
    model: String,
    landscape: Value,
    point: Vec<Hexadecimal>,
    radius: Hexadecimal,
    verdict: Verdict,
    index: usize,
    gradient_norm_high: Hexadecimal,
    gap_low: Hexadecimal,
    eigenvalue_min_low: Hexadecimal,
    distance_high: Hexadecimal,
    loss_low: Hexadecimal,
    loss_high: Hexadecimal,
    every_input_dim: Option<bool>,
    extra_eigenvalue_low: Option<Hexadecimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flat_directions: Option<usize>,
    checksum: String,
}

/// The text that the checksum of a certificate is of, given all its fields.
fn canonical(mut fields: Value) -> String {
    if let Value::Object(fields) = &mut fields {
        fields.remove("checksum");
    }
    fields.sort_all_objects();
    fields.to_string()
}

/// The checksum of a certificate, given all its fields: SHA-256 in hexadecimal digits.
fn checksum(fields: Value) -> String {
    sha256(canonical(fields).as_ref())
}

impl Certificate {
    /// The certificate of a proof.
    pub fn new(
        name: &str,
        parameters: Vec<(String, String)>,
        subject: &dyn Provable,
        point: &[f64],
        proof: Proof,
    ) -> Self {
        Certificate {
            name: name.into(),
            program: concat!("spurious ", env!("CARGO_PKG_VERSION")).into(),
            model: subject.model().into(),
            parameters,
            landscape: subject.landscape(),
            point: point.to_vec(),
            proof: proof.loosened(),
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let Certificate { name, program, model, parameters, landscape, point, proof } = self;
        let mut fields = Fields {
            format: FORMAT.into(),
            program: program.clone(),
            name: name.clone(),
            parameters: parameters.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect(),
            model: model.clone(),
            landscape: landscape.clone(),
            point: point.iter().copied().map(Hexadecimal).collect(),
            radius: Hexadecimal(proof.radius),
            verdict: proof.verdict,
            index: proof.index,
            gradient_norm_high: Hexadecimal(proof.gradient_norm_high),
            gap_low: Hexadecimal(proof.gap_low),
            eigenvalue_min_low: Hexadecimal(proof.eigenvalue_min_low),
            distance_high: Hexadecimal(proof.distance_high),
            loss_low: Hexadecimal(proof.loss_low),
            loss_high: Hexadecimal(proof.loss_high),
            every_input_dim: proof.every_input_dim,
            extra_eigenvalue_low: proof.extra_eigenvalue_low.map(Hexadecimal),
            flat_directions: proof.flat_directions,
            checksum: String::new(),
        };
        // Plain values always serialise.
        fields.checksum = checksum(serde_json::to_value(&fields).unwrap_or_default());
        serde_json::to_string_pretty(&fields).unwrap_or_default() + "\n"
    }

    /// Reads a file. Nothing of it is proved by that; see [`Certificate::check`].
    ///
    /// # Errors
    /// It cannot be read, is no certificate, or was changed since it was written.
    pub fn read(path: &Path) -> Result<Self, CertificateError> {
        let file = path.display().to_string();
        let error = |problem: String, remedy: &'static str, is_foreign: bool| CertificateError {
            file: file.clone(),
            problem,
            remedy,
            is_foreign,
        };
        let whole = |file| Limited::of_file(file, limited::POINTS)?.whole();
        let bytes = File::open(path)
            .and_then(whole)
            .map_err(|e| error(format!("cannot be read ({})", io_reason(&e)), "check the path", false))?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::parse(text, &file),
            Err(_) => Err(error("this is no certificate (not UTF-8)".into(), WHAT_IT_IS, true)),
        }
    }

    /// Reads the text of a file, which messages call `file`.
    ///
    /// # Errors
    /// As [`Certificate::read`].
    pub fn parse(text: &str, file: &str) -> Result<Self, CertificateError> {
        let error = |problem: String, remedy: &'static str, is_foreign: bool| CertificateError {
            file: file.into(),
            problem,
            remedy,
            is_foreign,
        };
        let foreign = |why: String| error(format!("this is no certificate ({why})"), WHAT_IT_IS, true);
        let Unique(all) = serde_json::from_str(text).map_err(|e| match e.is_data() {
            // What is no mistake of the syntax is a key that is given twice.
            true => error(e.to_string(), REMEDY, false),
            false => foreign(format!("not JSON: {e}")),
        })?;
        let format = all.get("format").and_then(Value::as_str).unwrap_or_default();
        if format != FORMAT {
            return Err(match format {
                "" => foreign("it has no field format".into()),
                OLDER => error(format!("format = {OLDER}: {DOUBT}; this program reads {FORMAT}"), REMEDY, false),
                other if other.starts_with(FAMILY) => error(
                    format!("format = {other}: this program reads {FORMAT}"),
                    "use the version of the program that wrote it",
                    false,
                ),
                other => foreign(format!("format = {other}")),
            });
        }
        let sum = checksum(all.clone());
        let fields: Fields =
            serde_json::from_value(all).map_err(|e| error(format!("is no whole certificate ({e})"), REMEDY, false))?;
        if fields.checksum != sum {
            let problem = format!("checksum = {}: the rest makes {sum}, so that it was changed", fields.checksum);
            return Err(error(problem, REMEDY, false));
        }
        let text = |(name, value): (String, Value)| match value {
            Value::String(text) => Ok((name, text)),
            _ => Err(error(format!("parameters: {name} is not a text"), REMEDY, false)),
        };
        Ok(Certificate {
            name: fields.name,
            program: fields.program,
            model: fields.model,
            parameters: fields.parameters.into_iter().map(text).collect::<Result<_, _>>()?,
            landscape: fields.landscape,
            point: fields.point.iter().map(|x| x.0).collect(),
            proof: Proof {
                verdict: fields.verdict,
                index: fields.index,
                radius: fields.radius.0,
                gradient_norm_high: fields.gradient_norm_high.0,
                gap_low: fields.gap_low.0,
                eigenvalue_min_low: fields.eigenvalue_min_low.0,
                distance_high: fields.distance_high.0,
                loss_low: fields.loss_low.0,
                loss_high: fields.loss_high.0,
                every_input_dim: fields.every_input_dim,
                extra_eigenvalue_low: fields.extra_eigenvalue_low.map(|x| x.0),
                flat_directions: fields.flat_directions,
            },
        })
    }

    /// Whether the parameters, where there are any, make the landscape that is proved of: whoever reads them must not
    /// take the proof for one of another cell. A parameter that the file does not name has its default; points of a
    /// file cannot be looked at.
    fn check_parameters(&self, model: &'static dyn Model) -> Result<(), Refusal> {
        let wrong = |what: String| Refusal(format!("parameters: {what}"));
        let given = |name: &str| self.parameters.iter().find(|(other, _)| other == name).map(|(_, text)| text);
        let mut values = Vec::new();
        for parameter in model.parameters() {
            let Some(text) = given(parameter.name) else {
                values.push((parameter.name, parameter.default_value()));
                continue;
            };
            if matches!(parameter.kind, Kind::Points) && !text.is_empty() {
                return Ok(());
            }
            // A number, or a word.
            let whole = text.parse::<i64>().ok().map(toml::Value::from);
            let number = whole.or_else(|| decimal::read(text).ok().map(toml::Value::from));
            let number = number.and_then(|x| parameter.kind.accept(&x));
            let value = number.or_else(|| parameter.kind.accept(&text.as_str().into()));
            let value = value.ok_or_else(|| wrong(format!("{} = {text} is not {}", parameter.name, parameter.kind)))?;
            values.push((parameter.name, value));
        }
        if self.parameters.is_empty() {
            return Ok(());
        }
        let mut values = Values::new(values);
        let settings = Settings {
            step: StepSize::Auto,
            max_steps: 1,
            tolerance: model.about().tolerance.default,
            verdicts: false,
        };
        let refused = |invalid: Invalid| wrong(invalid.to_string());
        values.resolve(model.parameters()).map_err(refused)?;
        let problem = model.problem(model.forms()[0].0, &values, &settings).map_err(refused)?;
        let landscape = problem.proofs().map(|proofs| proofs.provable().landscape());
        match landscape == Some(self.landscape.clone()) {
            true => Ok(()),
            false => Err(wrong("they make another landscape than the one that is proved of".into())),
        }
    }

    fn check_point(&self, subject: &dyn Provable) -> Result<(), Refusal> {
        let (have, need) = (self.point.len(), subject.dim());
        match have == need {
            true => Ok(()),
            false => Err(Refusal(format!("point: it has {have} numbers, and the landscape {need}"))),
        }
    }

    /// Proves all that is claimed anew, from the loss, the point and the radius alone.
    ///
    /// # Errors
    /// What is not shown.
    pub fn check(&self) -> Result<Proof, Refusal> {
        let wrong = |problem: String| Refusal(format!("landscape: {problem}"));
        // A loss that is written out says itself what it is; its parameters made it and nothing can be compared.
        let subject: Box<dyn Provable> = if WrittenLoss::is_one(&self.landscape) {
            if models::find(&self.model).is_some() {
                return Err(Refusal(format!("model = {}: its landscape is not a graph of operations", self.model)));
            }
            Box::new(WrittenLoss::read(&self.model, &self.landscape).map_err(wrong)?)
        } else {
            let none = || Refusal(format!("model = {}: there is none", self.model));
            let model = models::find(&self.model).ok_or_else(none)?;
            let subject = model.provable(&self.landscape).map_err(wrong)?;
            self.check_parameters(model)?;
            subject
        };
        self.check_point(&*subject)?;
        let found = subject.prove(&self.point, Some(self.proof.radius))?;
        match found.missing(&self.proof, subject.least_loss()) {
            None => Ok(self.proof),
            Some(what) => Err(Refusal(format!("{what}: that much is not shown"))),
        }
    }
}
