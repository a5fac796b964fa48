//! Which cases to list.

/// Which cases to list. Each way is answered by one index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CaseFilter {
    /// Every case.
    #[default]
    All,
    /// Those that have ended, or those that have not.
    Done(bool),
    /// Those of a workflow.
    Workflow(String),
    /// Those of a workflow that have ended, or that have not.
    WorkflowDone(String, bool),
    /// Those of a workflow that are in a state.
    State(String, String),
}

impl CaseFilter {
    /// What the keys of its index begin with.
    pub(crate) fn parts(&self) -> Vec<&str> {
        match self {
            CaseFilter::All => vec!["all"],
            CaseFilter::Done(done) => vec!["status", status(*done)],
            CaseFilter::Workflow(workflow) => vec!["workflow", workflow],
            CaseFilter::WorkflowDone(workflow, done) => {
                vec!["workflow-status", workflow, status(*done)]
            }
            CaseFilter::State(workflow, state) => vec!["state", workflow, state],
        }
    }
}

/// How an index calls it that a case has ended, or that it has not.
pub(crate) fn status(done: bool) -> &'static str {
    match done {
        true => "done",
        false => "running",
    }
}
