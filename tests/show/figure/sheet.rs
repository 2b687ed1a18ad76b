//! An SVG as it was written: what a reader sees, and whether it can be read.

use resvg::usvg::roxmltree::{Document, Node};
use spurious::show::figure::text::{is_covered, width};
use std::collections::BTreeSet;

/// A line of text with its box: left, top, right, bottom.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    edges: [f64; 4],
    pub(crate) size: f64,
    /// Whether it may lie over lines.
    rimmed: bool,
}

/// What an SVG contains.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    name: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) texts: Vec<Text>,
    pub(crate) circles: Vec<(f64, f64)>,
    pub(crate) paths: Vec<String>,
    pub(crate) ids: Vec<String>,
    /// Colours of strokes and fillings, but not those of heat maps, images and colour bars.
    pub(crate) paints: BTreeSet<String>,
    references: BTreeSet<String>,
    titled: bool,
}

impl Sheet {
    /// Reads an SVG, which must be well-formed and without numbers that are none.
    pub(crate) fn read(svg: &str, name: &str) -> Self {
        let document = Document::parse(svg).unwrap_or_else(|e| panic!("{name}: {e}\n{svg}"));
        let root = document.root_element();
        let size: Vec<f64> = root.attribute("viewBox").unwrap().split(' ').map(|x| x.parse().unwrap()).collect();
        let mut sheet = Sheet {
            name: name.into(),
            width: size[2],
            height: size[3],
            texts: Vec::new(),
            circles: Vec::new(),
            paths: Vec::new(),
            ids: Vec::new(),
            paints: BTreeSet::new(),
            references: BTreeSet::new(),
            titled: root.attribute("role") == Some("img"),
        };
        for node in document.descendants().filter(Node::is_element) {
            sheet.add(node);
        }
        let labels = root.attribute("aria-labelledby").unwrap_or_default();
        sheet.titled &= labels.split(' ').filter(|id| sheet.ids.iter().any(|other| other == id)).count() == 2;
        sheet
    }

    fn add(&mut self, node: Node<'_, '_>) {
        let tag = node.tag_name().name();
        let number = |name: &str| node.attribute(name).map_or(0.0, |x| x.parse::<f64>().unwrap_or(f64::NAN));
        for attribute in node.attributes().filter(|a| !matches!(a.name(), "href" | "font-family" | "aria-labelledby")) {
            let value = attribute.value();
            for word in ["NaN", "inf"] {
                assert!(!value.contains(word), "{}: {tag} {}={value}", self.name, attribute.name());
            }
            if let Some(id) = value.strip_prefix("url(#") {
                self.references.insert(id.trim_end_matches(')').to_string());
            }
        }
        self.ids.extend(node.attribute("id").map(String::from));
        let of_values = node.ancestors().any(|a| a.attribute("shape-rendering").is_some()) || tag == "stop";
        let paints = ["stroke", "fill"].iter().filter_map(|name| node.attribute(*name));
        self.paints.extend(paints.filter(|p| !of_values && *p != "none" && !p.starts_with("url")).map(String::from));
        match tag {
            "circle" => self.circles.push((number("cx"), number("cy"))),
            "path" => self.paths.push(node.attribute("d").unwrap().to_string()),
            "text" => {
                let text = node.text().unwrap_or_default().to_string();
                let (x, y, size) = (number("x"), number("y"), number("font-size"));
                let wide = width(&text, size);
                let start = match node.attribute("text-anchor") {
                    Some("middle") => x - wide / 2.0,
                    Some("end") => x - wide,
                    _ => x,
                };
                // From the top of capitals to a little below the line.
                let (above, below) = (0.73 * size, 0.1 * size);
                let mut edges = [start, y - above, start + wide, y + below];
                if let Some(turn) = node.attribute("transform") {
                    let place = turn.trim_start_matches("translate(").split(')').next().unwrap();
                    let place: Vec<f64> = place.split(' ').map(|x| x.parse().unwrap()).collect();
                    assert!(turn.ends_with("rotate(-90)"), "{turn}");
                    edges = [place[0] + edges[1], place[1] - edges[2], place[0] + edges[3], place[1] - edges[0]];
                }
                self.texts.push(Text { text, edges, size, rimmed: node.attribute("paint-order").is_some() });
            }
            _ => {}
        }
    }

    /// Asserts what holds for every figure: ids are unique and found, texts lie on the paper and not on each other,
    /// every character has a glyph.
    pub(crate) fn check(&self) {
        let name = &self.name;
        assert!(self.titled, "{name}: no title and description");
        let ids: BTreeSet<&String> = self.ids.iter().collect();
        assert_eq!(ids.len(), self.ids.len(), "{name}: an id twice in {:?}", self.ids);
        let lost: Vec<&String> = self.references.iter().filter(|id| !ids.contains(id)).collect();
        assert!(lost.is_empty(), "{name}: no element for {lost:?}");
        for (i, text) in self.texts.iter().enumerate() {
            let [left, top, right, bottom] = text.edges;
            let inside = left >= 0.0 && top >= 0.0 && right <= self.width && bottom <= self.height;
            assert!(inside, "{name}: leaves the paper of {} by {}: {text:?}", self.width, self.height);
            assert!(is_covered(&text.text), "{name}: a character without glyph in {text:?}");
            for other in self.texts[..i].iter().filter(|other| text.rimmed == other.rimmed) {
                let [l, t, r, b] = other.edges;
                let meets = left < r && l < right && top < b && t < bottom;
                assert!(!meets, "{name}: one over the other: {text:?} and {other:?}");
            }
        }
    }
}

/// Bytes of a text in base 64.
pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{c} is no digit"),
    };
    let digits: Vec<u32> = text.trim_end_matches('=').bytes().map(|c| u32::from(digit(c))).collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let group = four.iter().enumerate().fold(0, |sum, (i, d)| sum | d << (18 - 6 * i));
        bytes.extend((0..four.len() - 1).map(|i| (group >> (16 - 8 * i)) as u8));
    }
    bytes
}
