//! "Did you mean": the known name that looks most like the one that was found.

/// Names longer than this are not compared: nobody mistypes them by a letter, and the cost is quadratic.
const MAX_CHARS: usize = 64;

/// The candidate that `found` is most likely a slip for, or `None` if nothing is near.
///
/// A third of the letters may differ, as in rustc; upper and lower case count as the same. Of equally near
/// candidates the first is taken.
///
/// ```
/// use casewright_definition::diagnostic::did_you_mean;
/// assert_eq!(did_you_mean("aprove", ["reject", "approve"]), Some("approve"));
/// assert_eq!(did_you_mean("close", ["reject", "approve"]), None);
/// ```
#[must_use]
pub fn did_you_mean<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let found = folded(found)?;
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let folded = folded(candidate)?;
            let longest = folded.chars().count().max(found.chars().count());
            let distance = strsim::damerau_levenshtein(&found, &folded);
            // At least one letter must be the same: a name of one letter is no slip for every other.
            let near = distance < longest && distance <= longest.max(3) / 3;
            near.then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> Option<String> {
    let short = !name.is_empty() && name.chars().nth(MAX_CHARS).is_none();
    short.then(|| name.to_lowercase())
}
