//! Where everything in a picture stands: sizes of boxes, and the layered layout of nested states.
//!
//! Each state with others in it is laid out on its own, and is one large box in the layout around it. An
//! arrow across its border has a part on either side; inside, it ends or begins at a small circle, as
//! at an exit or entry point of UML.

use std::collections::BTreeMap;

use casewright_chart::{StateIndex, StateKind};
use dagre::graph::{Graph, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel};

use super::picture::{Picture, Words};
use super::text::{columns, wrap};

/// The most boxes and arrows that are laid out: the time that it takes grows faster than they do, and
/// nobody reads a picture of more.
pub const MAX_BOXES: usize = 600;

/// The widths of a column and the heights of a line, in pixels, of titles and of what stands on arrows.
pub(super) const TITLE: Type = Type {
    size: 13.0,
    column: 7.0,
    line: 18.0,
};
pub(super) const LABEL: Type = Type {
    size: 11.0,
    column: 6.1,
    line: 14.0,
};

/// How many columns a line in a box, and a line on an arrow, has at most.
const TITLE_COLUMNS: usize = 24;
const LABEL_COLUMNS: usize = 26;

/// What is left free around everything, in pixels.
const MARGIN: f64 = 16.0;
/// How tall the head of an outer box is, in which its title stands.
pub(super) const HEAD: f64 = 24.0;
/// What is left free between an outer box and what is in it.
const PADDING: f64 = 12.0;
/// The radius of the sign of a final state.
pub(super) const FINAL_RADIUS: f64 = 10.0;

/// A size of letters, in pixels.
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) column: f64,
    pub(super) line: f64,
}

/// A rectangle by its middle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A state in its place.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) state: StateIndex,
    pub(super) frame: Frame,
    pub(super) lines: Vec<String>,
    /// Whether others stand in it.
    pub(super) is_outer: bool,
}

/// An arrow in its place.
#[derive(Debug)]
pub(super) struct Arrow {
    /// The state inside which it is drawn.
    pub(super) level: StateIndex,
    pub(super) points: Vec<(f64, f64)>,
    /// The middle of what stands on it.
    pub(super) label: (f64, f64),
    pub(super) lines: Vec<String>,
    pub(super) details: String,
}

/// Everything in its place.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Outer boxes before those inside.
    pub(super) boxes: Vec<Placed>,
    pub(super) arrows: Vec<Arrow>,
    /// The middles of the dots at which states start.
    pub(super) starts: Vec<(f64, f64)>,
    /// The middles of the circles at which arrows cross a border.
    pub(super) ports: Vec<(f64, f64)>,
}

/// Where a part of an arrow begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    State(StateIndex),
    /// The dot at which the state around it starts.
    Start,
    /// A place on the border of the state around it.
    Port(usize),
}

/// A part of an arrow, inside one state.
struct Part {
    from: End,
    to: End,
    lines: Vec<String>,
    details: String,
}

/// The layout of a picture; the number of boxes and arrows when it has more than [`MAX_BOXES`].
pub(super) fn layout(picture: Picture<'_>) -> Result<Layout, usize> {
    let arrows = picture.arrows();
    let count = picture.chart().states().count() + arrows.len();
    if count > MAX_BOXES {
        return Err(count);
    }
    let mut planner = Planner {
        picture,
        parts: BTreeMap::new(),
        ports: 0,
    };
    for (index, state) in picture.chart().states() {
        if planner.is_outer(index) || index == StateIndex::ROOT {
            for target in state.initial.iter().flat_map(|initial| &initial.targets) {
                planner.comes(index, End::Start, *target, &[]);
            }
        }
    }
    for ((source, target), words) in arrows {
        planner.arrow(source, target, &words);
    }
    let mut layout = planner.inside(StateIndex::ROOT);
    layout.shift(MARGIN, MARGIN);
    layout.width += 2.0 * MARGIN;
    layout.height += 2.0 * MARGIN;
    Ok(layout)
}

struct Planner<'a> {
    picture: Picture<'a>,
    parts: BTreeMap<StateIndex, Vec<Part>>,
    ports: usize,
}

impl Planner<'_> {
    /// Divides an arrow into its parts.
    fn arrow(&mut self, source: StateIndex, target: StateIndex, words: &[Words]) {
        let chart = self.picture.chart();
        if chart.is_descendant(target, source) {
            let port = self.port();
            return self.comes(source, port, target, words);
        }
        if chart.is_descendant(source, target) {
            let port = self.port();
            let from = self.goes(target, source, words);
            return self.part(target, from, port, words);
        }
        let mut around = chart.proper_ancestors(source, None);
        let level = around
            .find(|level| chart.is_descendant(target, *level))
            .unwrap_or(StateIndex::ROOT);
        let from = self.goes(level, source, words);
        self.comes(level, from, target, words);
    }

    /// The parts of an arrow below a level from its source outwards; where it stands on that level.
    fn goes(&mut self, level: StateIndex, source: StateIndex, words: &[Words]) -> End {
        let chart = self.picture.chart();
        let mut at = source;
        for around in chart.proper_ancestors(source, Some(level)) {
            let port = self.port();
            self.part(around, End::State(at), port, words);
            at = around;
        }
        End::State(at)
    }

    /// The parts of an arrow from a level inwards to its target.
    fn comes(&mut self, level: StateIndex, from: End, target: StateIndex, words: &[Words]) {
        let chart = self.picture.chart();
        let mut around: Vec<StateIndex> = chart.proper_ancestors(target, Some(level)).collect();
        around.reverse();
        let (mut level, mut from) = (level, from);
        for inner in around {
            self.part(level, from, End::State(inner), words);
            from = self.port();
            level = inner;
        }
        self.part(level, from, End::State(target), words);
    }

    fn part(&mut self, level: StateIndex, from: End, to: End, words: &[Words]) {
        let lines = words.iter().flat_map(|w| wrap(&w.text, LABEL_COLUMNS));
        let details: Vec<&str> = words.iter().map(|words| &*words.details).collect();
        let part = Part {
            from,
            to,
            lines: lines.collect(),
            details: details.join("\n"),
        };
        self.parts.entry(level).or_default().push(part);
    }

    fn port(&mut self) -> End {
        self.ports += 1;
        End::Port(self.ports)
    }

    fn is_outer(&self, state: StateIndex) -> bool {
        !self.picture.chart().state(state).children.is_empty()
    }

    /// Lays out what is inside a state, from the corner at the top on the left.
    fn inside(&self, level: StateIndex) -> Layout {
        let mut graph = Graph::with_options(GraphOptions {
            directed: true,
            multigraph: true,
            compound: false,
        });
        let mut inner: BTreeMap<StateIndex, Layout> = BTreeMap::new();
        let chart = self.picture.chart();
        for child in &chart.state(level).children {
            let lines = self.lines(*child);
            let (width, height) = match self.is_outer(*child) {
                true => {
                    let inside = self.inside(*child);
                    let (title, _) = extent(&lines, &TITLE);
                    let size = (
                        inside.width.max(title) + 2.0 * PADDING,
                        inside.height + HEAD + 2.0 * PADDING,
                    );
                    inner.insert(*child, inside);
                    size
                }
                false => size(chart.state(*child).kind, &lines),
            };
            node(&mut graph, End::State(*child), width, height);
        }
        let none = Vec::new();
        let parts = self.parts.get(&level).unwrap_or(&none);
        for (number, part) in parts.iter().enumerate() {
            for end in [part.from, part.to] {
                match end {
                    End::State(_) => {}
                    End::Start => node(&mut graph, end, 14.0, 14.0),
                    End::Port(_) => node(&mut graph, end, 10.0, 10.0),
                }
            }
            let (width, height) = match part.lines.is_empty() {
                true => (0.0, 0.0),
                false => {
                    let (width, height) = extent(&part.lines, &LABEL);
                    (width + 12.0, height + 6.0)
                }
            };
            let label = EdgeLabel {
                width,
                height,
                labelpos: LabelPos::Center,
                ..EdgeLabel::default()
            };
            let number = number.to_string();
            graph.set_edge(name(part.from), name(part.to), Some(label), Some(&number));
        }
        let options = LayoutOptions {
            nodesep: 30.0,
            edgesep: 16.0,
            ranksep: 40.0,
            ..LayoutOptions::default()
        };
        dagre::layout(&mut graph, Some(options));
        self.read(level, &graph, parts, inner)
    }

    /// What the library has found, with the inside of each box put into it.
    fn read(
        &self,
        level: StateIndex,
        graph: &Graph<NodeLabel, EdgeLabel>,
        parts: &[Part],
        mut inner: BTreeMap<StateIndex, Layout>,
    ) -> Layout {
        let mut layout = Layout::default();
        let chart = self.picture.chart();
        for child in &chart.state(level).children {
            let Some(frame) = frame(graph, End::State(*child)) else {
                continue;
            };
            layout.boxes.push(Placed {
                state: *child,
                frame,
                lines: self.lines(*child),
                is_outer: self.is_outer(*child),
            });
            if let Some(mut inside) = inner.remove(child) {
                let left = frame.x - inside.width / 2.0;
                let top = frame.y - frame.height / 2.0 + HEAD + PADDING;
                inside.shift(left, top);
                layout.take(inside);
            }
        }
        let mut dots = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            dots.extend([part.from, part.to]);
            let number = number.to_string();
            let edge = graph.edge(&name(part.from), &name(part.to), Some(&number));
            let Some(edge) = edge else { continue };
            let mut points: Vec<(f64, f64)> = edge.points.iter().map(|p| (p.x, p.y)).collect();
            if let End::State(target) = part.to
                && chart.state(target).kind == StateKind::Final
                && let Some(frame) = frame(graph, part.to)
            {
                to_sign(&mut points, frame);
            }
            layout.arrows.push(Arrow {
                level,
                label: (edge.x.unwrap_or_default(), edge.y.unwrap_or_default()),
                points,
                lines: part.lines.clone(),
                details: part.details.clone(),
            });
        }
        for end in dots {
            let place = frame(graph, end).map(|frame| (frame.x, frame.y));
            match end {
                End::State(_) => {}
                End::Start if layout.starts.iter().any(|start| Some(*start) == place) => {}
                End::Start => layout.starts.extend(place),
                End::Port(_) => layout.ports.extend(place),
            }
        }
        layout.settle();
        layout
    }

    fn lines(&self, index: StateIndex) -> Vec<String> {
        let title = self.picture.title(self.picture.chart().state(index));
        wrap(title, TITLE_COLUMNS)
    }
}

impl Layout {
    /// Moves everything so that it begins at 0, and measures it.
    fn settle(&mut self) {
        let mut low = (f64::INFINITY, f64::INFINITY);
        let mut high = (0.0_f64, 0.0_f64);
        let mut stretch = |(x, y): (f64, f64), width: f64, height: f64| {
            low = (low.0.min(x - width / 2.0), low.1.min(y - height / 2.0));
            high = (high.0.max(x + width / 2.0), high.1.max(y + height / 2.0));
        };
        for Placed { frame, .. } in &self.boxes {
            stretch((frame.x, frame.y), frame.width, frame.height);
        }
        for arrow in &self.arrows {
            if !arrow.lines.is_empty() {
                let (width, height) = extent(&arrow.lines, &LABEL);
                stretch(arrow.label, width, height);
            }
            for point in &arrow.points {
                stretch(*point, 4.0, 4.0);
            }
        }
        for dot in self.starts.iter().chain(&self.ports) {
            stretch(*dot, 14.0, 14.0);
        }
        if low.0.is_finite() && low.1.is_finite() {
            self.shift(-low.0, -low.1);
            self.width = high.0 - low.0;
            self.height = high.1 - low.1;
        }
    }

    fn shift(&mut self, dx: f64, dy: f64) {
        for placed in &mut self.boxes {
            placed.frame.x += dx;
            placed.frame.y += dy;
        }
        let points = self.arrows.iter_mut().flat_map(|arrow| {
            let label = std::iter::once(&mut arrow.label);
            arrow.points.iter_mut().chain(label)
        });
        let dots = self.starts.iter_mut().chain(&mut self.ports);
        for point in points.chain(dots) {
            point.0 += dx;
            point.1 += dy;
        }
    }

    fn take(&mut self, inside: Layout) {
        self.boxes.extend(inside.boxes);
        self.arrows.extend(inside.arrows);
        self.starts.extend(inside.starts);
        self.ports.extend(inside.ports);
    }
}

fn node(graph: &mut Graph<NodeLabel, EdgeLabel>, end: End, width: f64, height: f64) {
    let label = NodeLabel {
        width,
        height,
        ..NodeLabel::default()
    };
    graph.set_node(name(end), Some(label));
}

fn frame(graph: &Graph<NodeLabel, EdgeLabel>, end: End) -> Option<Frame> {
    let node = graph.node(&name(end))?;
    Some(Frame {
        x: node.x?,
        y: node.y?,
        width: node.width,
        height: node.height,
    })
}

fn name(end: End) -> String {
    match end {
        End::State(index) => format!("s{}", index.get()),
        End::Start => "start".to_owned(),
        End::Port(number) => format!("p{number}"),
    }
}

/// Leads an arrow to the sign of a final state, which is smaller than its box.
fn to_sign(points: &mut [(f64, f64)], frame: Frame) {
    let middle = (frame.x, frame.y - frame.height / 2.0 + FINAL_RADIUS);
    if let [.., before, last] = points {
        let (dx, dy) = (before.0 - middle.0, before.1 - middle.1);
        let distance = dx.hypot(dy);
        if distance > FINAL_RADIUS {
            let share = (FINAL_RADIUS + 1.0) / distance;
            *last = (middle.0 + dx * share, middle.1 + dy * share);
        }
    }
}

/// How large a box is, with its title in it.
fn size(kind: StateKind, lines: &[String]) -> (f64, f64) {
    let (width, height) = extent(lines, &TITLE);
    match kind {
        StateKind::ShallowHistory | StateKind::DeepHistory => (28.0, 28.0),
        StateKind::Final => (
            width.max(2.0 * FINAL_RADIUS) + 8.0,
            height + 2.0 * FINAL_RADIUS + 6.0,
        ),
        _ => ((width + 24.0).max(64.0), height + 16.0),
    }
}

/// How large lines are.
pub(super) fn extent(lines: &[String], letters: &Type) -> (f64, f64) {
    let widest = lines.iter().map(|line| columns(line)).max().unwrap_or(0);
    (
        widest as f64 * letters.column,
        lines.len() as f64 * letters.line,
    )
}
