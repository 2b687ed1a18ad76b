//! Loops over the components of a lane, written out.
//!
//! A compiler that sees the index of every component keeps the state in registers; one that is left a loop puts it into
//! memory, the more so as the shader compiler adds a counter that bounds the loop. So a loop whose header is exactly
//! `for (var j = 0u; j < PER_LANE; j++) {`, with any name for `j`, is replaced by one block a component, in which a
//! number stands for the name. Its body must not leave it by `break` or `continue`, nor change the index. A loop around
//! another loop stays.

/// The text with its loops over `PER_LANE` written out.
pub fn unroll(text: &str, per_lane: u32) -> String {
    let mut written = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(index) = index_of(line) else {
            written.push_str(line);
            written.push('\n');
            continue;
        };
        // Closed by the first brace as far from the margin as the header.
        let margin = &line[..line.len() - line.trim_start().len()];
        let end = format!("{margin}}}");
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        if body.iter().any(|line| line.contains("for (")) {
            for line in [line].into_iter().chain(body).chain([end.as_str()]) {
                written.push_str(line);
                written.push('\n');
            }
            continue;
        }
        for component in 0..per_lane {
            written.push_str(margin);
            written.push_str("{\n");
            for line in &body {
                substitute(&mut written, line, index, component);
                written.push('\n');
            }
            written.push_str(&end);
            written.push('\n');
        }
    }
    written
}

/// The index of a loop over the components of a lane, if this line begins one.
fn index_of(line: &str) -> Option<&str> {
    let index = line.trim_start().strip_prefix("for (var ")?.split(' ').next()?;
    let header = format!("for (var {index} = 0u; {index} < PER_LANE; {index}++) {{");
    (line.trim_start() == header).then_some(index)
}

/// Appends a line in which a number stands for every whole word `index`.
fn substitute(written: &mut String, line: &str, index: &str, component: u32) {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    for piece in line.split_inclusive(|c| !of_word(c)) {
        let word = piece.trim_end_matches(|c| !of_word(c));
        if word == index {
            written.push_str(&format!("{component}u"));
            written.push_str(&piece[word.len()..]);
        } else {
            written.push_str(piece);
        }
    }
}
