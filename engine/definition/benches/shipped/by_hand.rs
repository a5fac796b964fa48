//! Two steps of the complaint workflow as somebody would write them in Rust, for one company and for good.

/// Where a complaint stands, as far as the two steps go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Investigating,
    SolutionDrafting,
    Tracking,
    Summarising,
}

/// A person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) phone: Option<String>,
}

/// The same data as the case of the workflow has then.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) state: State,
    pub(crate) account: String,
    pub(crate) account_id: String,
    pub(crate) tier: String,
    pub(crate) channel: String,
    pub(crate) received_at_ms: i64,
    pub(crate) content: String,
    pub(crate) customer: Person,
    pub(crate) severity: String,
    pub(crate) investigating_depts: Vec<String>,
    pub(crate) overdue: Vec<String>,
    pub(crate) progress_feedback: Vec<String>,
    pub(crate) rounds: i64,
    pub(crate) root_cause: Option<String>,
    pub(crate) responsible_dept: Option<String>,
    pub(crate) responsible_person: Option<Person>,
    pub(crate) solution: Option<String>,
    pub(crate) handling_result: Option<String>,
    pub(crate) customer_satisfied: Option<bool>,
    pub(crate) satisfaction_score: Option<i64>,
}

/// What happens to it.
pub(crate) enum Event {
    CauseFound {
        root_cause: String,
        responsible_dept: String,
        responsible_person: Person,
    },
    CustomerSatisfied {
        customer_satisfied: bool,
        satisfaction_score: Option<i64>,
    },
}

/// The case after the event; none when its state does not take the event, or the condition does not hold.
#[inline(never)]
pub(crate) fn step(case: &Case, event: &Event) -> Option<Case> {
    match (case.state, event) {
        (
            State::Investigating,
            Event::CauseFound {
                root_cause,
                responsible_dept,
                responsible_person,
            },
        ) => Some(Case {
            state: State::SolutionDrafting,
            root_cause: Some(root_cause.clone()),
            responsible_dept: Some(responsible_dept.clone()),
            responsible_person: Some(responsible_person.clone()),
            ..case.clone()
        }),
        (
            State::Tracking,
            Event::CustomerSatisfied {
                customer_satisfied: true,
                satisfaction_score,
            },
        ) => Some(Case {
            state: State::Summarising,
            customer_satisfied: Some(true),
            satisfaction_score: *satisfaction_score,
            ..case.clone()
        }),
        _ => None,
    }
}

/// A complaint whose cause is looked for.
pub(crate) fn investigating() -> Case {
    Case {
        state: State::Investigating,
        account: "华东能源".into(),
        account_id: "A-7".into(),
        tier: "core".into(),
        channel: "phone".into(),
        received_at_ms: 1_794_801_600_000,
        content: "设备多次停机，客户要求尽快处理并给出书面说明。".into(),
        customer: Person {
            name: "李敏".into(),
            phone: Some("138".into()),
        },
        severity: "major".into(),
        investigating_depts: vec!["quality-team".into(), "technical-support".into()],
        overdue: Vec::new(),
        progress_feedback: Vec::new(),
        rounds: 0,
        root_cause: None,
        responsible_dept: Some("technical-support".into()),
        responsible_person: None,
        solution: None,
        handling_result: None,
        customer_satisfied: None,
        satisfaction_score: None,
    }
}

/// A complaint whose customer is asked.
pub(crate) fn tracking() -> Case {
    Case {
        state: State::Tracking,
        root_cause: Some("控制器批次缺陷".into()),
        responsible_dept: Some("quality-team".into()),
        responsible_person: Some(Person {
            name: "陈静".into(),
            phone: None,
        }),
        solution: Some("更换控制器".into()),
        handling_result: Some("已更换".into()),
        ..investigating()
    }
}

/// The event that the first step takes.
pub(crate) fn cause_found() -> Event {
    Event::CauseFound {
        root_cause: "控制器批次缺陷".into(),
        responsible_dept: "quality-team".into(),
        responsible_person: Person {
            name: "陈静".into(),
            phone: None,
        },
    }
}

/// The event that the second step takes.
pub(crate) fn customer_satisfied() -> Event {
    Event::CustomerSatisfied {
        customer_satisfied: true,
        satisfaction_score: Some(90),
    }
}
