//! The manifest of an experiment on Kubernetes: `cluster/kubernetes/job.yaml`, filled in.

/// The text, with places such as `${NAME}`.
const TEMPLATE: &str = include_str!("../../../cluster/kubernetes/job.yaml");
/// What asks for a card, and is left out for the CPU.
const CARD: &str = "              nvidia.com/gpu: \"1\"\n";
/// Longest name: that of a pod has the index of its shard and six characters more, and may have 63.
const LONGEST: usize = 40;

/// An Indexed Job of `shards` pods of the image, the experiment (the text of its file) as a ConfigMap, the claim of a
/// volume, and the Job that joins the shards. `options` are those of `spurious run`, but for the backend.
pub(super) fn manifest(spec: &str, name: &str, shards: u64, image: &str, backend: &str, options: &[String]) -> String {
    // To Kubernetes `$(…)` in an argument is a variable and `$$` a dollar.
    let arguments = std::iter::once(backend).chain(options.iter().map(String::as_str));
    let arguments: Vec<String> = arguments.map(|option| quoted(&option.replace('$', "$$"))).collect();
    let values = [
        ("${NAME}", label(name)),
        ("${SHARDS}", shards.to_string()),
        ("${IMAGE}", quoted(image)),
        ("${BACKEND}", arguments.join(", ")),
        ("${EXPERIMENT}", block(spec, 4)),
    ];
    let template = if backend == "cpu" { TEMPLATE.replace(CARD, "") } else { TEMPLATE.into() };
    // In one pass: what is filled in may look like a place to fill in.
    let mut text = String::with_capacity(template.len() + spec.len());
    let mut rest = template.as_str();
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let (skipped, value) = match values.iter().find(|(place, _)| after.starts_with(place)) {
            Some((place, value)) => (place.len(), value.as_str()),
            None => (2, "${"),
        };
        text.push_str(value);
        rest = &after[skipped..];
    }
    text + rest
}

/// A name that Kubernetes takes, a DNS label: small letters and digits, with single hyphens between them.
fn label(name: &str) -> String {
    let plain = name.to_lowercase();
    let words: Vec<&str> = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut label = words.join("-");
    label.truncate(LONGEST);
    match label.trim_end_matches('-') {
        "" => "experiment".into(),
        label => label.into(),
    }
}

/// A text as a YAML literal block, each line after `indent` spaces; quoted, if it has a character that a block cannot
/// hold as it is.
fn block(text: &str, indent: usize) -> String {
    let plain = |c: char| c == '\n' || c == '\t' || (!c.is_control() && !is_odd(c));
    if !text.replace("\r\n", "\n").chars().all(plain) {
        return quoted(text);
    }
    // Its first line may begin with spaces: that the block is two deeper than its key is said and not guessed.
    let mut block = String::from("|2");
    for line in text.trim_end().lines() {
        block.push('\n');
        if !line.is_empty() {
            block.push_str(&" ".repeat(indent));
            block.push_str(line);
        }
    }
    block
}

/// A YAML scalar in double quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() || is_odd(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// Ends of lines to some readers of YAML and not to others, marks of byte order, and what no text has.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
