//! Working days: the unit of deadlines that do not run on days off.

use std::collections::BTreeSet;

use casewright_chart::Timestamp;
use jiff::civil::{self, Date};
use jiff::tz::TimeZone;

use crate::file;

/// The longest count of working days: some 250 years, which no deadline needs.
pub const MAX_WORKING_DAYS: i64 = 65_000;
/// How many days off in a row end the search for a working day: a calendar without one.
const MAX_DAYS_OFF: usize = 400;

/// A calendar that counts.
#[derive(Clone, Debug)]
pub struct Calendar {
    time_zone: TimeZone,
    working_days: [bool; 7],
    holidays: BTreeSet<Date>,
    make_up_days: BTreeSet<Date>,
}

/// Why a calendar file, or a count, makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarError {
    /// The JSON pointer into the file; empty for a count.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl Calendar {
    /// Reads the calendar's names and dates.
    ///
    /// # Errors
    /// The first of them that is none.
    pub fn new(file: &file::Calendar) -> Result<Self, CalendarError> {
        let time_zone = TimeZone::get(&file.time_zone).map_err(|_| CalendarError {
            pointer: "/time-zone".into(),
            message: format!(
                "expected a time zone of the IANA database such as `Asia/Shanghai`, found `{}`",
                file.time_zone
            ),
        })?;
        if file.working_days.is_empty() {
            return Err(CalendarError {
                pointer: "/working-days".into(),
                message: "expected at least one day of the week".into(),
            });
        }
        let mut working_days = [false; 7];
        for day in &file.working_days {
            working_days[*day as usize] = true;
        }
        Ok(Calendar {
            time_zone,
            working_days,
            holidays: dates("holidays", &file.holidays)?,
            make_up_days: dates("make-up-days", &file.make_up_days)?,
        })
    }

    /// Whether the date is worked.
    pub fn is_working_day(&self, date: Date) -> bool {
        let weekday = date.weekday().to_monday_zero_offset() as usize;
        self.make_up_days.contains(&date)
            || (self.working_days.get(weekday) == Some(&true) && !self.holidays.contains(&date))
    }

    /// The end of the `count`th working day after the day of `from`, which itself does not count:
    /// midnight, in the calendar's time zone, after that day.
    ///
    /// # Errors
    /// `count` is negative or beyond [`MAX_WORKING_DAYS`], or the calendar runs out of days.
    pub fn after_working_days(
        &self,
        from: Timestamp,
        count: i64,
    ) -> Result<Timestamp, CalendarError> {
        let error = |message: String| CalendarError {
            pointer: String::new(),
            message,
        };
        if !(0..=MAX_WORKING_DAYS).contains(&count) {
            return Err(error(format!(
                "expected from 0 to {MAX_WORKING_DAYS} working days, found {count}"
            )));
        }
        let out_of_range = |_| error("the deadline lies beyond the end of the calendar".into());
        let instant = jiff::Timestamp::from_millisecond(from.unix_ms()).map_err(out_of_range)?;
        let mut date = instant.to_zoned(self.time_zone.clone()).date();
        let mut left = count;
        let mut days_off = 0;
        while left > 0 {
            date = date.tomorrow().map_err(out_of_range)?;
            if self.is_working_day(date) {
                left -= 1;
                days_off = 0;
            } else {
                days_off += 1;
                if days_off > MAX_DAYS_OFF {
                    return Err(error(format!("no working day in {MAX_DAYS_OFF} days")));
                }
            }
        }
        let end = date.tomorrow().map_err(out_of_range)?;
        let midnight = end
            .to_datetime(civil::Time::midnight())
            .to_zoned(self.time_zone.clone())
            .map_err(out_of_range)?;
        Ok(Timestamp::from_unix_ms(
            midnight.timestamp().as_millisecond(),
        ))
    }
}

fn dates(key: &str, texts: &[String]) -> Result<BTreeSet<Date>, CalendarError> {
    let read = |(index, text): (usize, &String)| {
        text.parse::<Date>().map_err(|_| CalendarError {
            pointer: format!("/{key}/{index}"),
            message: format!("expected a date such as `2026-10-01`, found `{text}`"),
        })
    };
    texts.iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Text, Weekday};

    fn calendar(holidays: &[&str], make_up_days: &[&str]) -> Calendar {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Calendar::new(&file::Calendar {
            title: Text::Plain("test".into()),
            time_zone: "Asia/Shanghai".into(),
            working_days: vec![
                Weekday::Monday,
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
            ],
            holidays: owned(holidays),
            make_up_days: owned(make_up_days),
        })
        .unwrap()
    }

    fn end(calendar: &Calendar, from: &str, count: i64) -> String {
        let from: jiff::Timestamp = from.parse().unwrap();
        let from = Timestamp::from_unix_ms(from.as_millisecond());
        let end = calendar.after_working_days(from, count).unwrap();
        jiff::Timestamp::from_millisecond(end.unix_ms())
            .unwrap()
            .in_tz("Asia/Shanghai")
            .unwrap()
            .datetime()
            .to_string()
    }

    #[test]
    fn weekends_do_not_count() {
        // A Thursday afternoon in Shanghai: Friday, Monday, Tuesday.
        let found = end(&calendar(&[], &[]), "2026-11-19T08:00:00Z", 3);
        assert_eq!(found, "2026-11-25T00:00:00");
    }

    #[test]
    fn the_day_is_the_calendars_and_not_greenwichs() {
        // Sunday evening in London is Monday morning in Shanghai, whose first working day after is
        // Tuesday.
        let found = end(&calendar(&[], &[]), "2026-11-22T20:00:00Z", 1);
        assert_eq!(found, "2026-11-25T00:00:00");
    }

    #[test]
    fn holidays_do_not_count_and_make_up_days_do() {
        let golden_week = calendar(
            &[
                "2026-10-01",
                "2026-10-02",
                "2026-10-05",
                "2026-10-06",
                "2026-10-07",
            ],
            &["2026-10-10"],
        );
        // Wednesday 30 September: Thursday 8, Friday 9, Saturday 10 October.
        let found = end(&golden_week, "2026-09-30T02:00:00Z", 3);
        assert_eq!(found, "2026-10-11T00:00:00");
    }

    #[test]
    fn a_count_that_makes_no_sense_is_refused() {
        let now = Timestamp::from_unix_ms(0);
        assert!(calendar(&[], &[]).after_working_days(now, -1).is_err());
        let late = Timestamp::from_unix_ms(i64::MAX);
        assert!(calendar(&[], &[]).after_working_days(late, 1).is_err());
    }
}
