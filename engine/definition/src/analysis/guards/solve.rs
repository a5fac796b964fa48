//! Whether there are values for which some formulas hold and others do not.

use std::collections::BTreeMap;

use super::formula::{Formula, Term};
use super::region::{Question, Region, regions};
use crate::expression::types::{Kind, Kinds, Type, Variables};

/// The most alternatives that a question is divided into. What has more is not judged.
const MAX_ALTERNATIVES: usize = 512;
/// The most regions of a term: they are bits of a number.
const MAX_REGIONS: usize = 64;

/// Terms with their regions, as some formulas divide them.
pub(super) struct Problem<'a> {
    terms: BTreeMap<&'a Term, Vec<Region>>,
}

/// One alternative: for each term that matters, the regions in which it may lie, as bits.
type Alternative<'a> = BTreeMap<&'a Term, u64>;

impl<'a> Problem<'a> {
    pub(super) fn new(
        formulas: impl IntoIterator<Item = &'a Formula>,
        variables: &Variables,
    ) -> Self {
        let mut questions: BTreeMap<&Term, Vec<&Question>> = BTreeMap::new();
        for formula in formulas {
            formula.each(&mut |term, question| questions.entry(term).or_default().push(question));
        }
        let terms = questions.into_iter().map(|(term, questions)| {
            let (of, required) = domain(term, variables);
            (term, regions(&questions, &of, required))
        });
        Problem {
            terms: terms.collect(),
        }
    }

    /// The regions of a term on which a question has the answer, or does not have it.
    fn bits(&self, term: &Term, question: &Question, answer: bool, has_it: bool) -> u64 {
        let regions = self.terms.get(term).map_or(&[][..], Vec::as_slice);
        let fits = |region: &Region| (question.answer(region) == Some(answer)) == has_it;
        let bits = regions
            .iter()
            .enumerate()
            .filter(|(_, region)| fits(region));
        bits.fold(0, |bits, (number, _)| bits | (1 << number))
    }
}

/// What is known of a term, and whether it is always there.
fn domain(term: &Term, variables: &Variables) -> (Type, bool) {
    let Term::Path(names) = term else {
        // What it is when it fails does not matter.
        return (Type::of(Kind::Bool.into()), false);
    };
    let unknown = (Type::of(Kinds::ALL), false);
    let Some((variable, fields)) = names.split_first() else {
        return unknown;
    };
    let Some(mut found) = variables.get(variable).cloned() else {
        return unknown;
    };
    let mut required = true;
    for name in fields {
        let Some(field) = found.object.as_ref().and_then(|object| object.field(name)) else {
            return unknown;
        };
        required &= field.required && found.kinds == Kind::Map.into();
        found = field.value;
    }
    (found, required)
}

/// Whether there may be values for which each formula holds, or does not, as asked. None when it would
/// take too long to say.
pub(super) fn possible(problem: &Problem<'_>, asked: &[(&Formula, bool)]) -> Option<bool> {
    alternatives(problem, asked).map(|found| !found.is_empty())
}

/// Whether two formulas certainly hold for some values: terms that have to do with each other, and those
/// that are not understood, prove nothing.
pub(super) fn both(problem: &Problem<'_>, one: &Formula, other: &Formula) -> bool {
    let found = alternatives(problem, &[(one, true), (other, true)]).unwrap_or_default();
    found.iter().any(|alternative| {
        alternative.keys().all(|term| match term {
            Term::Path(names) => !alternative.keys().any(|other| match other {
                Term::Path(others) => others.len() > names.len() && others.starts_with(names),
                Term::Opaque(_) => true,
            }),
            Term::Opaque(_) => false,
        })
    })
}

fn alternatives<'a>(
    problem: &Problem<'a>,
    asked: &[(&Formula, bool)],
) -> Option<Vec<Alternative<'a>>> {
    if problem
        .terms
        .values()
        .any(|regions| regions.len() > MAX_REGIONS)
    {
        return None;
    }
    let mut found = vec![Alternative::new()];
    for (formula, holds) in asked {
        let way = match holds {
            true => Way::Is(true),
            false => Way::IsNot(true),
        };
        found = conjunction(&found, &divide(problem, formula, way)?)?;
    }
    Some(found)
}

/// How a formula is to come out. One that fails is neither true nor false.
#[derive(Clone, Copy)]
enum Way {
    Is(bool),
    IsNot(bool),
}

fn divide<'a>(problem: &Problem<'a>, formula: &Formula, way: Way) -> Option<Vec<Alternative<'a>>> {
    let (answer, has_it) = match way {
        Way::Is(answer) => (answer, true),
        Way::IsNot(answer) => (answer, false),
    };
    let turned = match way {
        Way::Is(answer) => Way::Is(!answer),
        Way::IsNot(answer) => Way::IsNot(!answer),
    };
    match formula {
        Formula::Constant(value) => Some(match (*value == answer) == has_it {
            true => vec![Alternative::new()],
            false => Vec::new(),
        }),
        Formula::Question(term, question) => {
            let bits = problem.bits(term, question, answer, has_it);
            let term = problem.terms.get_key_value(term).map(|(term, _)| *term);
            let alternative = term.filter(|_| bits != 0).map(|term| [(term, bits)].into());
            Some(alternative.into_iter().collect())
        }
        Formula::Not(inner) => divide(problem, inner, turned),
        Formula::All(one, other) | Formula::Any(one, other) => {
            let (one, other) = (divide(problem, one, way)?, divide(problem, other, way)?);
            // `&&` is true when both are, and not false when neither is; `||` the other way round.
            let needs_both = matches!(formula, Formula::All(..)) == (answer == has_it);
            match needs_both {
                true => conjunction(&one, &other),
                false => Some(one.into_iter().chain(other).collect()),
            }
        }
    }
}

fn conjunction<'a>(
    one: &[Alternative<'a>],
    other: &[Alternative<'a>],
) -> Option<Vec<Alternative<'a>>> {
    let mut found = Vec::new();
    for left in one {
        for right in other {
            found.extend(merged(left, right));
            if found.len() > MAX_ALTERNATIVES {
                return None;
            }
        }
    }
    Some(found)
}

/// Both at once; none when a term would have to lie nowhere.
fn merged<'a>(one: &Alternative<'a>, other: &Alternative<'a>) -> Option<Alternative<'a>> {
    let mut merged = one.clone();
    for (term, bits) in other {
        let both = merged.get(term).map_or(*bits, |own| own & bits);
        if both == 0 {
            return None;
        }
        merged.insert(term, both);
    }
    Some(merged)
}
