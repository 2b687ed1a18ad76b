//! Orders of instructions that keep few numbers alive.

use crate::expression::graph::{Graph, Node, Operation};

/// Some orders of the live operations, leaves left out, in each of which operands come first.
pub(super) fn orders(graph: &Graph, outputs: &[Node]) -> [Vec<u32>; 3] {
    let live = graph.live(outputs);
    [creation(graph, &live), depth_first(graph, outputs), freeing(graph, outputs, &live)]
}

/// Whether an operation is a leaf, which takes no instruction.
pub(super) fn is_leaf(operation: &Operation) -> bool {
    matches!(operation, Operation::Constant(_) | Operation::Pi | Operation::State(_) | Operation::Known(_))
}

fn is_leaf_at(graph: &Graph, at: u32) -> bool {
    is_leaf(&graph.operations()[at as usize])
}

/// As they were made.
fn creation(graph: &Graph, live: &[bool]) -> Vec<u32> {
    (0..live.len() as u32).filter(|at| live[*at as usize] && !is_leaf_at(graph, *at)).collect()
}

/// Output by output, of the operands of each operation first the one that needs most registers (R. Sethi, J. Ullman,
/// Journal of the ACM 17, 1970; best for trees).
fn depth_first(graph: &Graph, outputs: &[Node]) -> Vec<u32> {
    let needs = needs(graph);
    let mut done: Vec<bool> = graph.operations().iter().map(is_leaf).collect();
    let mut order = Vec::new();
    // Visited again after its operands, an operation is written.
    let mut stack: Vec<(u32, bool)> = Vec::new();
    for output in outputs {
        stack.push((output.0, false));
        while let Some((at, ready)) = stack.pop() {
            if done[at as usize] {
                continue;
            }
            if ready {
                done[at as usize] = true;
                order.push(at);
                continue;
            }
            stack.push((at, true));
            let mut operands: Vec<u32> = graph.operations()[at as usize].operands().collect();
            // The last one that is pushed is visited first.
            operands.sort_by_key(|operand| (needs[*operand as usize], std::cmp::Reverse(*operand)));
            stack.extend(operands.into_iter().map(|operand| (operand, false)));
        }
    }
    order
}

/// Registers that each operation would need if nothing were shared.
fn needs(graph: &Graph) -> Vec<u32> {
    let mut needs: Vec<u32> = Vec::with_capacity(graph.len());
    for operation in graph.operations() {
        if is_leaf(operation) {
            needs.push(0);
            continue;
        }
        let mut operands: Vec<u32> = operation.operands().map(|operand| needs[operand as usize]).collect();
        operands.sort_unstable_by(|a, b| b.cmp(a));
        let most = operands.iter().zip(0..).map(|(need, held)| need + held * u32::from(*need > 0)).max().unwrap_or(0);
        needs.push(most.max(1));
    }
    needs
}

/// At each point the operation that frees most registers; of several, the one whose operands were ready last, so that
/// what was begun is finished first.
fn freeing(graph: &Graph, outputs: &[Node], live: &[bool]) -> Vec<u32> {
    let operations = graph.operations();
    let inner = |at: u32| -> Vec<u32> {
        let mut operands: Vec<u32> =
            operations[at as usize].operands().filter(|operand| !is_leaf_at(graph, *operand)).collect();
        operands.sort_unstable();
        operands.dedup();
        operands
    };
    let all = creation(graph, live);
    let mut users: Vec<Vec<u32>> = vec![Vec::new(); graph.len()];
    let mut waits: Vec<usize> = vec![0; graph.len()];
    for &at in &all {
        let operands = inner(at);
        waits[at as usize] = operands.len();
        operands.iter().for_each(|operand| users[*operand as usize].push(at));
    }
    let mut left: Vec<usize> = users.iter().map(Vec::len).collect();
    // An output is held to the end.
    outputs.iter().for_each(|output| left[output.0 as usize] += 1);
    let freed = |at: u32, left: &[usize]| inner(at).iter().filter(|operand| left[**operand as usize] == 1).count();
    let mut ready = std::collections::BTreeSet::new();
    let mut keys: Vec<Option<(usize, u32)>> = vec![None; graph.len()];
    let mut clock = 0;
    let mut order = Vec::with_capacity(all.len());
    let first: Vec<u32> = all.iter().copied().rev().filter(|at| waits[*at as usize] == 0).collect();
    for at in first {
        clock += 1;
        keys[at as usize] = Some((freed(at, &left), clock));
        ready.insert((freed(at, &left), clock, at));
    }
    while let Some((_, _, at)) = ready.pop_last() {
        order.push(at);
        keys[at as usize] = None;
        for operand in inner(at) {
            left[operand as usize] -= 1;
            if left[operand as usize] != 1 {
                continue;
            }
            // What is now its last use frees it.
            for &user in &users[operand as usize] {
                if let Some((key, since)) = keys[user as usize] {
                    ready.remove(&(key, since, user));
                    keys[user as usize] = Some((freed(user, &left), since));
                    ready.insert((freed(user, &left), since, user));
                }
            }
        }
        for &user in &users[at as usize] {
            waits[user as usize] -= 1;
            if waits[user as usize] == 0 {
                clock += 1;
                let key = freed(user, &left);
                keys[user as usize] = Some((key, clock));
                ready.insert((key, clock, user));
            }
        }
    }
    order
}
