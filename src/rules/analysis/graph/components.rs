//! The cycles of a graph.

/// The strongly connected parts of a graph that have an edge inside (Tarjan, without recursion).
pub(in crate::rules) fn components<N: Copy + Default + Ord>(edges: &[(N, N)]) -> Vec<Vec<N>> {
    let mut edges = edges.to_vec();
    edges.sort_unstable();
    edges.dedup();
    let mut nodes: Vec<N> = edges.iter().map(|(from, _)| *from).collect();
    nodes.dedup();
    let index = |node: N| nodes.binary_search(&node).ok();
    let mut order: Vec<usize> = vec![usize::MAX; nodes.len()];
    let mut low = order.clone();
    let mut on_stack = vec![false; nodes.len()];
    let mut stack: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    let mut next_order = 0;
    let first_edge = |node: usize| {
        let node = nodes.get(node).copied().unwrap_or_default();
        edges.partition_point(|(from, _)| *from < node)
    };
    let mut calls: Vec<(usize, usize)> = Vec::new();
    for root in 0..nodes.len() {
        if order.get(root) != Some(&usize::MAX) {
            continue;
        }
        calls.push((root, first_edge(root)));
        while let Some((node, edge)) = calls.pop() {
            if order.get(node) == Some(&usize::MAX) {
                set(&mut order, node, next_order);
                set(&mut low, node, next_order);
                set(&mut on_stack, node, true);
                stack.push(node);
                next_order += 1;
            }
            let own = nodes.get(node).copied().unwrap_or_default();
            if let Some((_, to)) = edges.get(edge).filter(|(from, _)| *from == own) {
                calls.push((node, edge + 1));
                if let Some(to) = index(*to) {
                    if order.get(to) == Some(&usize::MAX) {
                        calls.push((to, first_edge(to)));
                    } else if on_stack.get(to) == Some(&true) {
                        lower(&mut low, node, order.get(to).copied());
                    }
                }
                continue;
            }
            if low.get(node) == order.get(node) {
                let begin = stack.iter().rposition(|own| *own == node).unwrap_or(0);
                let part = stack.split_off(begin);
                for own in &part {
                    set(&mut on_stack, *own, false);
                }
                let part: Vec<N> = part
                    .into_iter()
                    .filter_map(|own| nodes.get(own).copied())
                    .collect();
                let inside = part.len() > 1 || edges.binary_search(&(own, own)).is_ok();
                if inside {
                    found.push(part);
                }
            }
            if let Some((parent, _)) = calls.last() {
                let from_below = low.get(node).copied();
                lower(
                    &mut low,
                    *parent,
                    from_below.filter(|_| on_stack.get(node) == Some(&true)),
                );
            }
        }
    }
    found
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(place) = list.get_mut(at) {
        *place = value;
    }
}

fn lower(low: &mut [usize], at: usize, other: Option<usize>) {
    if let (Some(own), Some(other)) = (low.get_mut(at), other) {
        *own = (*own).min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn circles_and_nothing_else() {
        let edges = [
            (1, 2),
            (2, 3),
            (3, 1),
            (3, 4),
            (4, 5),
            (6, 6),
            (7, 8),
            (8, 9),
            (9, 8),
        ];
        let mut found = components(&edges);
        for part in &mut found {
            part.sort_unstable();
        }
        found.sort();
        assert_eq!(found, [vec![1, 2, 3], vec![6], vec![8, 9]]);
        assert!(components::<u32>(&[]).is_empty());
    }
}
