//! What a part may come to, when not everything that it reads is known.

/// A set of outcomes, of which one is the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcomes(u8);

impl Outcomes {
    pub(super) const NONE: Self = Outcomes(0);
    pub(super) const TRUE: Self = Outcomes(1);
    pub(super) const FALSE: Self = Outcomes(2);
    pub(super) const ERROR: Self = Outcomes(4);
    pub(super) const ANY: Self = Outcomes(7);

    pub(super) fn of(value: bool) -> Self {
        match value {
            true => Outcomes::TRUE,
            false => Outcomes::FALSE,
        }
    }

    pub(super) fn may_be(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn or_else(self, other: Self) -> Self {
        Outcomes(self.0 | other.0)
    }

    fn each(self) -> impl Iterator<Item = Self> {
        let single = [Outcomes::TRUE, Outcomes::FALSE, Outcomes::ERROR];
        single.into_iter().filter(move |one| self.may_be(*one))
    }

    /// `&&` of CEL: one false makes it false, whatever the other is; an error takes a true one along.
    pub(super) fn and(self, other: Self) -> Self {
        self.combine(other, |one, other| match (one, other) {
            (Outcomes::FALSE, _) | (_, Outcomes::FALSE) => Outcomes::FALSE,
            (Outcomes::TRUE, Outcomes::TRUE) => Outcomes::TRUE,
            _ => Outcomes::ERROR,
        })
    }

    /// `||` of CEL.
    pub(super) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// `!` of CEL.
    pub(super) fn not(self) -> Self {
        let turned = self.each().map(|one| match one {
            Outcomes::TRUE => Outcomes::FALSE,
            Outcomes::FALSE => Outcomes::TRUE,
            error => error,
        });
        turned.fold(Outcomes::NONE, Outcomes::or_else)
    }

    /// `self ? one : other` of CEL.
    pub(super) fn choose(self, one: Self, other: Self) -> Self {
        let chosen = self.each().map(|condition| match condition {
            Outcomes::TRUE => one,
            Outcomes::FALSE => other,
            error => error,
        });
        chosen.fold(Outcomes::NONE, Outcomes::or_else)
    }

    fn combine(self, other: Self, of: impl Fn(Self, Self) -> Self) -> Self {
        let pairs = self
            .each()
            .flat_map(|one| other.each().map(move |other| (one, other)));
        pairs.fold(Outcomes::NONE, |all, (one, other)| {
            all.or_else(of(one, other))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_false_stays_false_whatever_comes() {
        let (f, t, e, any) = (
            Outcomes::FALSE,
            Outcomes::TRUE,
            Outcomes::ERROR,
            Outcomes::ANY,
        );
        assert_eq!(f.and(any), f);
        assert_eq!(e.and(f), f);
        assert_eq!(t.or(any), t);
        assert_eq!(t.and(any), any);
        assert_eq!(e.choose(t, t), e);
        assert!(!any.choose(f, f).may_be(t));
        // An error next to what may be false: true is out of reach, unless it is denied.
        assert!(!e.and(any).may_be(t));
        assert!(e.and(any).not().may_be(t));
    }
}
