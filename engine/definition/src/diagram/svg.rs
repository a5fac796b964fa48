//! A definition as an SVG 1.1 picture: states and arrows as in UML.

use std::fmt::{self, Write};

use casewright_chart::{StateIndex, StateKind};

use super::layout::{
    Arrow, FINAL_RADIUS, HEAD, LABEL, Layout, MAX_BOXES, Placed, TITLE, Type, extent, layout,
};
use super::picture::Picture;
use super::text::xml;
use crate::definition::Definition;

/// Letters that browsers and desktops have, Chinese ones included.
const FONTS: &str = "'Noto Sans','Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei','Source Han Sans SC',system-ui,sans-serif";

/// The grounds on which states stand, at the top and inside others.
const GROUND: &str = "#ffffff";
const GROUND_INSIDE: &str = "#f6f8fa";

/// How far from its corner a bend begins, in pixels.
const BEND: f64 = 22.0;

/// A definition has too many states and arrows for a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// How many states and arrows it has.
    pub found: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected at most {MAX_BOXES} states and arrows in an SVG, found {}",
            self.found
        )
    }
}

impl std::error::Error for TooLarge {}

/// The picture, with titles in the language; the `active` states, by id, stand out. Ids, events and
/// guards are in `<title>` elements, which browsers show under the pointer. The same definition gives
/// the same bytes.
///
/// # Errors
/// There are more than [`MAX_BOXES`] states and arrows.
pub fn svg(definition: &Definition, language: &str, active: &[&str]) -> Result<String, TooLarge> {
    let picture = Picture {
        definition,
        language,
    };
    let layout = layout(picture).map_err(|found| TooLarge { found })?;
    let active = active
        .iter()
        .filter_map(|id| picture.chart().state_index(id));
    let mut drawing = Drawing {
        picture,
        active: active.collect(),
        text: String::new(),
    };
    // Writing into a text cannot fail.
    let _ = drawing.draw(&layout);
    Ok(drawing.text)
}

struct Drawing<'a> {
    picture: Picture<'a>,
    active: Vec<StateIndex>,
    text: String,
}

impl Drawing<'_> {
    fn draw(&mut self, layout: &Layout) -> fmt::Result {
        let (width, height) = (number(layout.width), number(layout.height));
        let definition = self.picture.definition;
        let title = definition.start.title.get(self.picture.language);
        writeln!(
            self.text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONTS}\" font-size=\"{}\" fill=\"#1f2328\">",
            number(TITLE.size)
        )?;
        writeln!(self.text, "<title>{}</title>", xml(title))?;
        writeln!(
            self.text,
            "<defs><marker id=\"casewright-arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 1L10 5L0 9z\" fill=\"#57606a\"/></marker></defs>"
        )?;
        writeln!(
            self.text,
            "<rect width=\"{width}\" height=\"{height}\" fill=\"{GROUND}\"/>"
        )?;
        for placed in layout.boxes.iter().filter(|placed| placed.is_outer) {
            self.outer(placed)?;
        }
        for arrow in &layout.arrows {
            self.line(arrow)?;
        }
        for (x, y) in &layout.starts {
            let (x, y) = (number(*x), number(*y));
            writeln!(self.text, "<circle cx=\"{x}\" cy=\"{y}\" r=\"7\"/>")?;
        }
        for (x, y) in &layout.ports {
            let (x, y) = (number(*x), number(*y));
            let style = "fill=\"#ffffff\" stroke=\"#57606a\" stroke-width=\"1.5\"";
            writeln!(self.text, "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\" {style}/>")?;
        }
        for placed in layout.boxes.iter().filter(|placed| !placed.is_outer) {
            self.inner(placed)?;
        }
        for arrow in &layout.arrows {
            self.words(arrow)?;
        }
        writeln!(self.text, "</svg>")
    }

    fn outer(&mut self, placed: &Placed) -> fmt::Result {
        let chart = self.picture.chart();
        let parent = chart.state(placed.state).parent;
        let is_region = parent.is_some_and(|p| chart.state(p).kind == StateKind::Parallel);
        let dashes = if is_region {
            " stroke-dasharray=\"5 4\""
        } else {
            ""
        };
        self.open(placed)?;
        self.rectangle(placed, GROUND_INSIDE, dashes)?;
        let top = placed.frame.y - placed.frame.height / 2.0;
        let middle = (placed.frame.x, top + HEAD / 2.0);
        self.lines(&placed.lines, middle, &TITLE, " font-weight=\"600\"")?;
        writeln!(self.text, "</g>")
    }

    fn inner(&mut self, placed: &Placed) -> fmt::Result {
        let is_active = self.active.contains(&placed.state);
        let fill = if is_active { "#ffe9a8" } else { "#ffffff" };
        let (x, y) = (placed.frame.x, placed.frame.y);
        self.open(placed)?;
        match self.picture.chart().state(placed.state).kind {
            StateKind::Final => {
                let top = y - placed.frame.height / 2.0 + FINAL_RADIUS;
                let (cx, cy, r) = (number(x), number(top), number(FINAL_RADIUS));
                let stroke = stroke(is_active);
                writeln!(
                    self.text,
                    "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"{r}\" fill=\"{fill}\" {stroke}/><circle cx=\"{cx}\" cy=\"{cy}\" r=\"5.5\"/>"
                )?;
                let (_, height) = extent(&placed.lines, &TITLE);
                let middle = y + placed.frame.height / 2.0 - height / 2.0;
                self.lines(&placed.lines, (x, middle), &TITLE, "")?;
            }
            StateKind::ShallowHistory | StateKind::DeepHistory => {
                let (cx, cy, stroke) = (number(x), number(y), stroke(is_active));
                writeln!(
                    self.text,
                    "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"14\" fill=\"{fill}\" {stroke}/>"
                )?;
                self.lines(&placed.lines, (x, y), &TITLE, "")?;
            }
            _ => {
                self.rectangle(placed, fill, "")?;
                self.lines(&placed.lines, (x, y), &TITLE, "")?;
            }
        }
        writeln!(self.text, "</g>")
    }

    fn open(&mut self, placed: &Placed) -> fmt::Result {
        let id = &self.picture.chart().state(placed.state).id;
        writeln!(self.text, "<g><title>{}</title>", xml(id))
    }

    fn rectangle(&mut self, placed: &Placed, fill: &str, dashes: &str) -> fmt::Result {
        let frame = &placed.frame;
        writeln!(
            self.text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{fill}\" {}{dashes}/>",
            number(frame.x - frame.width / 2.0),
            number(frame.y - frame.height / 2.0),
            number(frame.width),
            number(frame.height),
            stroke(self.active.contains(&placed.state)),
        )
    }

    /// A line through the points, round where it bends.
    fn line(&mut self, arrow: &Arrow) -> fmt::Result {
        let [first, .., last] = arrow.points.as_slice() else {
            return Ok(());
        };
        let at = |(x, y): (f64, f64)| format!("{} {}", number(x), number(y));
        let mut path = format!("M{}", at(*first));
        for window in arrow.points.windows(3) {
            if let [before, bend, after] = *window {
                let (start, end) = (towards(bend, before), towards(bend, after));
                write!(path, "L{}Q{} {}", at(start), at(bend), at(end))?;
            }
        }
        write!(path, "L{}", at(*last))?;
        writeln!(
            self.text,
            "<path d=\"{path}\" fill=\"none\" stroke=\"#57606a\" stroke-width=\"1.3\" marker-end=\"url(#casewright-arrow)\"/>"
        )
    }

    /// What stands on an arrow, on a ground that hides the lines under it.
    fn words(&mut self, arrow: &Arrow) -> fmt::Result {
        if arrow.lines.is_empty() {
            return Ok(());
        }
        let (width, height) = extent(&arrow.lines, &LABEL);
        let (x, y) = arrow.label;
        let ground = match arrow.level == StateIndex::ROOT {
            true => GROUND,
            false => GROUND_INSIDE,
        };
        writeln!(self.text, "<g><title>{}</title>", xml(&arrow.details))?;
        writeln!(
            self.text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\" fill=\"{ground}\" fill-opacity=\"0.88\"/>",
            number(x - width / 2.0 - 3.0),
            number(y - height / 2.0 - 1.0),
            number(width + 6.0),
            number(height + 2.0),
        )?;
        self.lines(&arrow.lines, arrow.label, &LABEL, " fill=\"#0a3069\"")?;
        writeln!(self.text, "</g>")
    }

    fn lines(
        &mut self,
        lines: &[String],
        (x, y): (f64, f64),
        letters: &Type,
        style: &str,
    ) -> fmt::Result {
        let (_, height) = extent(lines, letters);
        for (number_of_line, line) in lines.iter().enumerate() {
            let middle = y - height / 2.0 + (number_of_line as f64 + 0.5) * letters.line;
            writeln!(
                self.text,
                "<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"middle\"{style}>{}</text>",
                number(x),
                number(middle + letters.size * 0.35),
                number(letters.size),
                xml(line),
            )?;
        }
        Ok(())
    }
}

/// The place at which a bend begins on the way to the next point.
fn towards(bend: (f64, f64), next: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (next.0 - bend.0, next.1 - bend.1);
    let distance = dx.hypot(dy).max(0.1);
    let share = (BEND / distance).min(0.5);
    (bend.0 + dx * share, bend.1 + dy * share)
}

fn stroke(is_active: bool) -> &'static str {
    match is_active {
        true => "stroke=\"#b8860b\" stroke-width=\"2.5\"",
        false => "stroke=\"#57606a\" stroke-width=\"1.2\"",
    }
}

/// A number with one place after the point, or none.
fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    match rounded == 0.0 {
        true => "0".to_owned(),
        false => rounded.to_string(),
    }
}
