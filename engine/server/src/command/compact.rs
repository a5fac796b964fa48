//! `casewright compact`.

use std::path::{Path, PathBuf};

use casewright_runtime::upkeep::{self, TableSize};
use clap::Args;
use serde::Serialize;

use super::bench::disk::allocated_bytes;
use crate::cli::{Failure, Output, Verdict, print};

/// Give back to the disk what a store does not need.
///
/// The server must be stopped. Shows what each table takes afterwards.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 compacted, 2 could not run.")]
pub struct Compact {
    /// The folder with the data.
    #[arg(long, value_name = "DIR", default_value = "casewright-data")]
    data: PathBuf,
    /// For people, or JSON: one object.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Compacted {
    bytes_before: u64,
    bytes_after: u64,
    tables: Vec<TableRow>,
}

/// What a table takes, in bytes.
#[derive(Debug, Serialize)]
pub(super) struct TableRow {
    table: &'static str,
    rows: u64,
    /// Keys and values.
    stored_bytes: u64,
    /// What finding them takes.
    metadata_bytes: u64,
    /// What is free inside pages.
    free_bytes: u64,
}

impl Compact {
    /// Compacts the store.
    ///
    /// # Errors
    /// There is no store in the folder, it is in use, or the disk is full.
    pub fn run(self) -> Result<Verdict, Failure> {
        let bytes_before = allocated_bytes(&self.data);
        let tables = compact(&self.data)?;
        let compacted = Compacted {
            bytes_before,
            bytes_after: allocated_bytes(&self.data),
            tables,
        };
        match self.output {
            Output::Text => print(compacted.to_text(&self.data)),
            Output::Json => {
                let text = serde_json::to_string(&compacted);
                print(text.map_err(|error| Failure::new("cannot write what was found", error))?);
            }
        }
        Ok(Verdict::Yes)
    }
}

impl Compacted {
    fn to_text(&self, data: &Path) -> String {
        let Compacted {
            bytes_before,
            bytes_after,
            tables,
        } = self;
        let shown = data.display();
        let tables = table(tables);
        format!("{shown}: {bytes_after} bytes on disk, {bytes_before} before\n\n{tables}")
    }
}

/// Compacts a store that nobody has open; what its tables take then.
pub(super) fn compact(data: &Path) -> Result<Vec<TableRow>, Failure> {
    let failed = |error: casewright_runtime::StoreError| Failure(error.to_string());
    upkeep::compact(data).map_err(failed)?;
    let sizes = upkeep::sizes(data).map_err(failed)?;
    Ok(sizes.iter().map(TableRow::of).collect())
}

impl TableRow {
    fn of(size: &TableSize) -> Self {
        TableRow {
            table: size.table.name(),
            rows: size.rows,
            stored_bytes: size.stored_bytes,
            metadata_bytes: size.metadata_bytes,
            free_bytes: size.free_bytes,
        }
    }
}

/// Tables for people.
pub(super) fn table(rows: &[TableRow]) -> String {
    let line = |name: &str, figures: [&str; 4]| {
        let figures: String = figures.iter().map(|cell| format!("{cell:>14}")).collect();
        format!("{name:<12}{figures}")
    };
    let heading = ["rows", "stored B", "metadata B", "free B"];
    let mut lines = vec![line("table", heading)];
    lines.extend(rows.iter().map(|row| {
        let figures = [
            row.rows,
            row.stored_bytes,
            row.metadata_bytes,
            row.free_bytes,
        ];
        let figures = figures.map(|figure| figure.to_string());
        line(row.table, figures.each_ref().map(String::as_str))
    }));
    lines.join("\n")
}
