//! The header of a file of points, `point,x0,x1,…`: what is wrong with one, and in which column.

/// Most columns that a message names.
const FEW: usize = 4;

/// Name of a column: the points' names, then x0, x1, …
pub(super) fn column(index: usize) -> String {
    if index == 0 { "point".into() } else { format!("x{}", index - 1) }
}

/// A header for a message.
pub(super) fn shown(names: &[String]) -> String {
    let more = if names.len() > FEW { ",…" } else { "" };
    format!("header = {}{more}", names[..names.len().min(FEW)].join(","))
}

/// What is wrong with a header of points of `width` numbers each, and what to do; `what` they are if the caller asked
/// for so many.
pub(super) fn fault(names: &[String], width: usize, what: Option<&str>) -> Option<(String, &'static str)> {
    if width > 0 && names.len() == width + 1 && (0..=width).all(|i| names[i] == column(i)) {
        return None;
    }
    let expected = match width {
        0 => "point,x0,x1,…".into(),
        1 => "point,x0".into(),
        _ => format!("point,x0,…,x{}", width - 1),
    };
    let adapt = "adapt the header";
    let remedy = if what.is_some() { "adapt the file, or the parameters with --set" } else { adapt };
    let expected = format!("expected {expected}{}", what.map_or(String::new(), |what| format!(" ({width} {what})")));
    let problem = |found: String| format!("{found}, {expected}");
    if names.is_empty() || names.len() == 1 && names[0].is_empty() {
        return Some((problem("is empty".into()), adapt));
    }
    if names.iter().skip(1).any(|name| name.parse::<f64>().is_ok()) {
        return Some((problem("is missing: the first line holds numbers".into()), "write it above them"));
    }
    if names[0] != "point" {
        let found = if names.iter().any(|name| name == "point") { "is not the first column" } else { "is missing" };
        return Some((problem(format!("point {found}, which is {:?}", names[0])), adapt));
    }
    if width == 0 {
        return Some((problem("x0 is missing".into()), adapt));
    }
    if let Some((at, first)) = (1..names.len()).find_map(|i| Some((i, names[..i].iter().position(|n| *n == names[i])?)))
    {
        let found = format!("{} is there twice, in columns {} and {}", names[at], first + 1, at + 1);
        return Some((problem(found), adapt));
    }
    let wanted: Vec<String> = (0..=width).map(column).collect();
    let strange: Vec<usize> = (0..names.len()).filter(|i| !wanted.contains(&names[*i])).collect();
    let missing: Vec<&String> = wanted.iter().filter(|name| !names.contains(name)).collect();
    let found = match (&missing[..], &strange[..]) {
        ([], []) => {
            // Every name is there: the order is another.
            let at = (0..=width).find(|i| names[*i] != wanted[*i]).unwrap_or(0);
            let found =
                format!("column {} is {}, not {}: the columns are in another order", at + 1, names[at], wanted[at]);
            return Some((problem(found), "put them in order"));
        }
        (missing, []) => format!("{} missing", are(missing)),
        ([], strange) => format!("{} too many", of_columns(names, strange)),
        (missing, strange) => format!("{} missing, {} not known", are(missing), of_columns(names, strange)),
    };
    Some((problem(found), remedy))
}

/// `x3 is`, `x3 and x4 are`, `x3, x4, x5, x6 and 7 more are`.
fn are(names: &[&String]) -> String {
    let shown: Vec<&str> = names.iter().take(FEW).map(|name| name.as_str()).collect();
    match (names.len(), shown.as_slice()) {
        (1, _) => format!("{} is", shown[0]),
        (count, _) if count > FEW => format!("{} and {} more are", shown.join(", "), count - FEW),
        (_, [front @ .., last]) => format!("{} and {last} are", front.join(", ")),
        _ => String::new(),
    }
}

/// The same with the places of columns that are there: `w in column 3 is`.
fn of_columns(names: &[String], places: &[usize]) -> String {
    let named: Vec<String> = places.iter().map(|i| format!("{:?} in column {}", names[*i], i + 1)).collect();
    are(&named.iter().collect::<Vec<_>>())
}
