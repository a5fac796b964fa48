//! `cargo xtask plot`: what `casewright bench --output json` measured, as a picture.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args;
use plotters::coord::Shift;
use plotters::prelude::*;
use serde::Deserialize;

use crate::error::TaskError;

/// Draw steps per second and the 99th percentile of latencies, against clients and against cases.
#[derive(Debug, Args)]
pub(crate) struct Plot {
    /// What `casewright bench --output json` printed.
    #[arg(value_name = "FILE.json", required = true)]
    files: Vec<PathBuf>,
    /// The picture to write.
    #[arg(long, value_name = "FILE.svg")]
    out: PathBuf,
}

/// What a row must hold to be drawn.
#[derive(Debug, Deserialize)]
struct Row {
    workflow: String,
    cases: u64,
    clients: u64,
    steps_per_second: f64,
    p99_ms: f64,
}

/// A line that is no row: what was found of a store beside its rows.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Row(Row),
    Other(serde::de::IgnoredAny),
}

/// A row with the name of its file.
type Named = (String, Row);
/// Lines of a diagram by their names: each a list of places.
type Series = BTreeMap<String, Vec<(f64, f64)>>;

const SIZE: (u32, u32) = (1000, 760);
const FONT: &str = "sans-serif";

/// Runs the task.
pub(crate) fn run(plot: &Plot) -> Result<(), TaskError> {
    let mut rows = Vec::new();
    for file in &plot.files {
        rows.extend(read(file)?);
    }
    let picture = draw(&rows).map_err(|reason| TaskError::unexpected("the rows", reason))?;
    fs::write(&plot.out, picture).map_err(TaskError::file(&plot.out))
}

fn read(file: &Path) -> Result<Vec<Named>, TaskError> {
    let text = fs::read_to_string(file).map_err(TaskError::file(file))?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = || format!("{}:{}", file.display(), number + 1);
        let line = serde_json::from_str(line);
        let line = line.map_err(|error| TaskError::unexpected(place(), error))?;
        if let Line::Row(row) = line {
            rows.push((name.to_string(), row));
        }
    }
    Ok(rows)
}

/// Four diagrams: two figures, each against two others.
fn draw(rows: &[Named]) -> Result<String, String> {
    if rows.is_empty() {
        return Err("expected rows to draw, found none".to_owned());
    }
    let mut picture = String::new();
    {
        let root = SVGBackend::with_string(&mut picture, SIZE).into_drawing_area();
        let areas = root.split_evenly((2, 2));
        let steps = |row: &Row| row.steps_per_second;
        let p99 = |row: &Row| row.p99_ms;
        let clients = |row: &Row| row.clients as f64;
        // An empty store stands at the left end of a scale that has no zero.
        let cases = |row: &Row| row.cases.max(1) as f64;
        let by_clients = |row: &Row| match row.cases {
            0 => row.workflow.clone(),
            cases => format!("{}, {cases} cases", row.workflow),
        };
        let by_cases = |row: &Row| format!("{}, {} clients", row.workflow, row.clients);
        let diagrams = [
            (
                "steps per second",
                "clients",
                series(rows, by_clients, clients, steps),
            ),
            (
                "p99 in ms",
                "clients",
                series(rows, by_clients, clients, p99),
            ),
            (
                "steps per second",
                "cases in the store",
                series(rows, by_cases, cases, steps),
            ),
            (
                "p99 in ms",
                "cases in the store",
                series(rows, by_cases, cases, p99),
            ),
        ];
        root.fill(&WHITE).map_err(|error| error.to_string())?;
        for (area, (up, along, series)) in areas.iter().zip(&diagrams) {
            diagram(area, up, along, series).map_err(|error| error.to_string())?;
        }
        root.present().map_err(|error| error.to_string())?;
    }
    Ok(picture)
}

/// Rows as lines: those that are called the same, in the order of the first figure.
fn series(
    rows: &[Named],
    called: impl Fn(&Row) -> String,
    along: impl Fn(&Row) -> f64,
    up: impl Fn(&Row) -> f64,
) -> Series {
    let is_one_file = rows.iter().all(|(file, _)| *file == rows[0].0);
    let mut series = Series::new();
    for (file, row) in rows {
        let name = match is_one_file {
            true => called(row),
            false => format!("{file}: {}", called(row)),
        };
        series.entry(name).or_default().push((along(row), up(row)));
    }
    for places in series.values_mut() {
        places.sort_by(|one, other| one.0.total_cmp(&other.0));
    }
    series
}

fn diagram<'a>(
    area: &DrawingArea<SVGBackend<'a>, Shift>,
    up: &str,
    along: &str,
    series: &Series,
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    let places = || series.values().flatten();
    let across = range(places().map(|place| place.0));
    let highest = places().map(|place| place.1).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{up} by {along}"), (FONT, 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(across.log_scale(), 0.0..(highest * 1.1).max(1.0))?;
    chart
        .configure_mesh()
        .x_desc(along)
        .y_desc(up)
        .max_light_lines(1)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .draw()?;
    for (number, (name, places)) in series.iter().enumerate() {
        let colour = Palette99::pick(number).to_rgba();
        chart
            .draw_series(LineSeries::new(
                places.iter().copied(),
                colour.stroke_width(2),
            ))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        let dots = places
            .iter()
            .map(|place| Circle::new(*place, 3, colour.filled()));
        chart.draw_series(dots)?;
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()
}

/// From the least to the greatest, with room where there is only one.
fn range(figures: impl Iterator<Item = f64>) -> Range<f64> {
    let (mut least, mut greatest) = (f64::INFINITY, 1.0_f64);
    for figure in figures {
        least = least.min(figure);
        greatest = greatest.max(figure);
    }
    let least = least.min(greatest);
    least..greatest.max(least * 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_measurement_is_drawn() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench.json");
        let rows = read(&file).unwrap();
        assert_eq!(rows.len(), 6, "the line that is no row is left out");
        let picture = draw(&rows).unwrap();
        assert!(picture.starts_with("<svg"), "{picture}");
        for word in [
            "bench-plain, 1000 cases",
            "bench-plugin, 16 clients",
            "p99 in ms by clients",
        ] {
            assert!(picture.contains(word), "no `{word}` in {picture}");
        }
        let dots = picture.matches("<circle").count();
        assert_eq!(dots, 4 * rows.len(), "each row stands in each diagram");
        assert!(!picture.contains("NaN"));
    }

    #[test]
    fn what_cannot_be_drawn_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        fs::write(&file, "{\"growth\":{}}\nrows\n").unwrap();
        let told = read(&file).unwrap_err().to_string();
        assert!(told.contains("a.json:2: "), "{told}");
        assert!(draw(&[]).unwrap_err().contains("found none"));
    }
}
