//! Lines of equal value by marching squares.
//!
//! In every square of four neighbouring points of a grid the function is taken as linear along the edges. Where a level
//! crosses all four edges, the mean of the corners tells which crossings belong together. A square with a missing
//! corner has no lines.

/// A point of the plane.
pub type Point = (f64, f64);

/// Crossing of a line with an edge of the grid: whether the edge is upright, and the column and row of its first
/// corner.
type Edge = (bool, usize, usize);

/// Lines on which a function has the value `level`. `values` is row by row, a row for every one of `ys`, a column for
/// every one of `xs`; the lines are open, or closed with the first point again at the end. None if the numbers do not
/// fit together.
pub fn lines(xs: &[f64], ys: &[f64], values: &[f64], level: f64) -> Vec<Vec<Point>> {
    let (columns, rows) = (xs.len(), ys.len());
    if columns < 2 || rows < 2 || values.len() != columns * rows {
        return Vec::new();
    }
    let value = |c: usize, r: usize| values[r * columns + c];
    let above = |c: usize, r: usize| value(c, r) >= level;
    let mut pieces: Vec<(Edge, Edge)> = Vec::new();
    for r in 0..rows - 1 {
        for c in 0..columns - 1 {
            let corners = [value(c, r), value(c + 1, r), value(c + 1, r + 1), value(c, r + 1)];
            if corners.iter().any(|v| !v.is_finite()) {
                continue;
            }
            // Edges in the order below, right, above, left; each joins corner i to corner i + 1.
            let edges: [Edge; 4] = [(false, c, r), (true, c + 1, r), (false, c, r + 1), (true, c, r)];
            let high = corners.map(|v| v >= level);
            let crossed: Vec<usize> = (0..4).filter(|i| high[*i] != high[(i + 1) % 4]).collect();
            match crossed[..] {
                [a, b] => pieces.push((edges[a], edges[b])),
                [_, _, _, _] => {
                    let middle = corners.iter().map(|v| v / 4.0).sum::<f64>() >= level;
                    // Corner 0 is cut off alone if the middle is on the other side.
                    let pairs = if middle == high[0] { [(0, 1), (2, 3)] } else { [(3, 0), (1, 2)] };
                    pieces.extend(pairs.map(|(a, b)| (edges[a], edges[b])));
                }
                _ => {}
            }
        }
    }
    let place = |(upright, c, r): Edge| {
        let (c1, r1) = if upright { (c, r + 1) } else { (c + 1, r) };
        let (a, b) = (value(c, r), value(c1, r1));
        debug_assert!(above(c, r) != above(c1, r1));
        let t = ((level - a) / (b - a)).clamp(0.0, 1.0);
        (xs[c] + t * (xs[c1] - xs[c]), ys[r] + t * (ys[r1] - ys[r]))
    };
    joined(pieces).into_iter().map(|line| line.into_iter().map(place).collect()).collect()
}

/// Pieces joined at common edges into lines, in the order in which they were found.
fn joined(pieces: Vec<(Edge, Edge)>) -> Vec<Vec<Edge>> {
    // An edge has at most two pieces, one on either side.
    let mut at: std::collections::BTreeMap<Edge, Vec<usize>> = std::collections::BTreeMap::new();
    for (i, (a, b)) in pieces.iter().enumerate() {
        at.entry(*a).or_default().push(i);
        at.entry(*b).or_default().push(i);
    }
    let mut used = vec![false; pieces.len()];
    let mut lines = Vec::new();
    for first in 0..pieces.len() {
        if used[first] {
            continue;
        }
        used[first] = true;
        let mut line = std::collections::VecDeque::from([pieces[first].0, pieces[first].1]);
        for forwards in [true, false] {
            while let Some(end) = if forwards { line.back() } else { line.front() }.copied() {
                let next = at.get(&end).and_then(|near| near.iter().copied().find(|i| !used[*i]));
                let Some(next) = next else { break };
                used[next] = true;
                let (a, b) = pieces[next];
                let other = if a == end { b } else { a };
                if forwards { line.push_back(other) } else { line.push_front(other) }
            }
        }
        lines.push(line.into());
    }
    lines
}
