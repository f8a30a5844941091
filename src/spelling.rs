//! How near a misspelt name is to the names there are.

/// How many letters must be put in, taken out or replaced (Levenshtein).
///
/// ```
/// assert_eq!(hanfix::spelling::distance("anotation", "annotation"), 1);
/// assert_eq!(hanfix::spelling::distance("", "會"), 1);
/// ```
pub fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[row.len() - 1]
}
