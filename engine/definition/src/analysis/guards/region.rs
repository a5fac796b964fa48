//! The values of a term, divided into regions on each of which every question has one answer.

use crate::expression::types::{Kind, Type};

/// A constant in a question.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
}

/// A question about a term.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// Is it `true`?
    Holds,
    /// Is it there?
    Has,
    /// Is it one of these?
    OneOf(Vec<Constant>),
    /// Is it a number below this one?
    Below(f64),
    /// Is it a number above this one?
    Above(f64),
}

/// Some values of a term.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Region {
    /// There is no value.
    Missing,
    Null,
    Bool(bool),
    /// One number.
    Number(f64),
    /// The numbers between two, without them.
    Between(f64, f64),
    Text(String),
    /// Any other text.
    OtherText,
    /// Lists, objects, and what else there is.
    Other,
}

/// The regions that questions divide a term into, of those values that its type allows.
pub(super) fn regions(questions: &[&Question], of: &Type, required: bool) -> Vec<Region> {
    let mut numbers = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut note = |constant: &Constant| match constant {
        Constant::Number(number) => numbers.push(*number),
        Constant::Text(text) => texts.push(text.clone()),
        Constant::Null | Constant::Bool(_) => {}
    };
    for question in questions {
        match question {
            Question::OneOf(constants) => constants.iter().for_each(&mut note),
            Question::Below(limit) | Question::Above(limit) => note(&Constant::Number(*limit)),
            Question::Holds | Question::Has => {}
        }
    }
    let mut regions = Vec::new();
    if !required {
        regions.push(Region::Missing);
    }
    if of.kinds.has(Kind::Null) {
        regions.push(Region::Null);
    }
    if of.kinds.has(Kind::Bool) {
        regions.extend([Region::Bool(false), Region::Bool(true)]);
    }
    if of.kinds.iter().any(Kind::is_number) {
        number_regions(numbers, of, &mut regions);
    }
    if of.kinds.has(Kind::String) {
        text_regions(texts, of, &mut regions);
    }
    let is_other =
        |kind: Kind| !kind.is_number() && !matches!(kind, Kind::Null | Kind::Bool | Kind::String);
    if regions.is_empty() || of.kinds.iter().any(is_other) {
        regions.push(Region::Other);
    }
    regions
}

fn number_regions(mut numbers: Vec<f64>, of: &Type, regions: &mut Vec<Region>) {
    let (least, most) = of.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    numbers.extend([least, most].into_iter().filter(|limit| limit.is_finite()));
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let whole = !of.kinds.has(Kind::Double);
    let mut before = f64::NEG_INFINITY;
    for number in numbers {
        regions.push(Region::Between(before, number));
        regions.push(Region::Number(number));
        before = number;
    }
    regions.push(Region::Between(before, f64::INFINITY));
    regions.retain(|region| match region {
        Region::Between(low, high) => {
            *high > least && *low < most && !(whole && low.floor() + 1.0 >= *high)
        }
        Region::Number(number) => {
            *number >= least && *number <= most && !(whole && number.fract() != 0.0)
        }
        _ => true,
    });
}

fn text_regions(texts: Vec<String>, of: &Type, regions: &mut Vec<Region>) {
    match &of.texts {
        Some(texts) => regions.extend(texts.iter().cloned().map(Region::Text)),
        None => {
            let mut texts = texts;
            texts.sort();
            texts.dedup();
            regions.extend(texts.into_iter().map(Region::Text));
            regions.push(Region::OtherText);
        }
    }
}

impl Question {
    /// The answer on a region; none where asking fails.
    pub(super) fn answer(&self, region: &Region) -> Option<bool> {
        match (self, region) {
            (Question::Has, region) => Some(*region != Region::Missing),
            (_, Region::Missing) => None,
            (Question::Holds, Region::Bool(value)) => Some(*value),
            (Question::OneOf(constants), region) => {
                Some(constants.iter().any(|constant| region.is(constant)))
            }
            (Question::Below(limit), Region::Number(number)) => Some(number < limit),
            (Question::Below(limit), Region::Between(_, high)) => Some(high <= limit),
            (Question::Above(limit), Region::Number(number)) => Some(number > limit),
            (Question::Above(limit), Region::Between(low, _)) => Some(low >= limit),
            (Question::Holds | Question::Below(_) | Question::Above(_), _) => None,
        }
    }
}

impl Region {
    fn is(&self, constant: &Constant) -> bool {
        match (self, constant) {
            (Region::Null, Constant::Null) => true,
            (Region::Bool(value), Constant::Bool(other)) => value == other,
            (Region::Number(value), Constant::Number(other)) => value == other,
            (Region::Text(value), Constant::Text(other)) => value == other,
            _ => false,
        }
    }
}
