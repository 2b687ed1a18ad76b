//! The figure library, by what its SVG, PNG and PDF contain.

mod contour;
mod gallery;
mod numbers;
pub(crate) mod sheet;

use gallery::{gallery, marks, panel, wave};
use sheet::Sheet;
use spurious::show::figure::*;

trials![
    modules(contour, numbers),
    all_is_well_formed_and_readable,
    the_same_figure_gives_the_same_bytes,
    a_png_has_the_size_and_colours_of_its_figure,
    an_impossible_png_is_refused,
    a_pdf_is_one_page_with_its_font,
    a_page_names_its_colours_and_ids,
    a_page_has_the_words_and_a_file_its_own,
    a_narrow_figure_has_texts_of_the_same_size,
    a_logarithmic_axis_says_so,
    texts_in_cells_stand_out_and_stay_inside,
    what_has_no_place_is_counted,
    malformed_layers_are_named_in_the_notes,
    equal_labels_share_an_entry,
    a_line_breaks_at_nan,
    marks_lie_where_their_values_say,
    equal_aspects_have_equal_units,
    rows_have_room_for_all_their_texts,
    an_image_is_an_indexed_png_from_the_top,
];

fn all_is_well_formed_and_readable() {
    for (name, figure) in gallery() {
        let page = |narrow| Medium::Page { id: format!("figure-{name}"), narrow };
        let media = [Medium::Paper, page(false), page(true)];
        media.iter().for_each(|medium| Sheet::read(&figure.svg(medium), name).check());
    }
}

fn the_same_figure_gives_the_same_bytes() {
    let (first, second) = (gallery(), gallery());
    for ((name, a), (_, b)) in first.iter().zip(&second) {
        assert_eq!(a.svg(&Medium::Paper), b.svg(&Medium::Paper), "{name}");
    }
    let (name, figure) = &first[0];
    assert_eq!(figure.png(1.0).unwrap(), second[0].1.png(1.0).unwrap(), "{name}");
}

/// Width, height and RGBA bytes.
fn decoded(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    (info.width, info.height, bytes)
}

fn a_png_has_the_size_and_colours_of_its_figure() {
    let red = Swatch { name: "red".into(), rgb: [200, 10, 20] };
    let image = Layer::Image { x: (0.0, 1.0), y: (0.0, 1.0), width: 1, height: 1, pixels: vec![0], palette: vec![red] };
    let figure = Figure::new("red").with(panel().with(image));
    let height: f64 = Sheet::read(&figure.svg(&Medium::Paper), "red").height;
    for scale in [0.5, 1.0, 2.0] {
        let (w, h, bytes) = decoded(&figure.png(scale).unwrap());
        assert_eq!(
            (f64::from(w), f64::from(h)),
            ((WIDTH * scale).round(), (height * scale).round()),
            "at scale {scale}"
        );
        let pixel = |x: f64, y: f64| {
            let at = 4 * ((y * f64::from(h)) as usize * w as usize + (x * f64::from(w)) as usize);
            bytes[at..at + 4].to_vec()
        };
        assert_eq!(pixel(0.5, 0.5), [200, 10, 20, 255], "the middle of the image");
        assert_eq!(pixel(0.002, 0.5), [255; 4], "the edge of the paper");
    }
}

/// Text of a PDF outside its streams.
fn structure(pdf: &[u8]) -> String {
    String::from_utf8_lossy(pdf).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn a_pdf_is_one_page_with_its_font() {
    if !HAS_PDF {
        let refused = Figure::new("empty").pdf().unwrap_err().to_string();
        assert!(refused.contains("--features pdf"), "{refused}");
        return;
    }
    for (name, figure) in
        gallery().into_iter().filter(|(name, _)| ["lines", "heat", "escapes", "nothing"].contains(name))
    {
        let pdf = figure.pdf().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(pdf == figure.pdf().unwrap(), "{name}: other bytes the second time");
        assert!(pdf.starts_with(b"%PDF-1.") && pdf.trim_ascii_end().ends_with(b"%%EOF"), "{name}");
        let text = structure(&pdf);
        let height = Sheet::read(&figure.svg(&Medium::Paper), name).height;
        assert!(text.contains(&format!("/MediaBox [0 0 {WIDTH} {height}]")), "{name}: a unit is not a point");
        assert_eq!(text.matches("/Type /Page ").count(), 1, "{name}");
        // Texts are texts, in the font that came with the program.
        assert_eq!(text.contains("DejaVuSans"), name != "nothing", "{name}");
    }
    let red = Swatch { name: "red".into(), rgb: [200, 10, 20] };
    let image = Layer::Image { x: (0.0, 1.0), y: (0.0, 1.0), width: 1, height: 1, pixels: vec![0], palette: vec![red] };
    let pdf = Figure::new("red").with(panel().with(image)).pdf().unwrap();
    assert!(structure(&pdf).contains("/Subtype /Image"), "the image is lost");
}

fn an_impossible_png_is_refused() {
    let figure = Figure::new("any");
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e3] {
        let error = figure.png(scale).unwrap_err();
        assert!(matches!(error, FigureError::Size { .. }), "scale {scale}: {error}");
    }
}

fn a_page_names_its_colours_and_ids() {
    let (name, figure) = gallery().swap_remove(0);
    let svg = figure.svg(&Medium::Page { id: "a\"b-1".into(), narrow: false });
    let sheet = Sheet::read(&svg, name);
    assert!(sheet.ids.iter().all(|id| id.starts_with("ab-1-")), "{:?}", sheet.ids);
    let page: Vec<String> = [false, true].map(color::properties).to_vec();
    for colour in sheet.paints.iter().filter(|paint| paint.starts_with("var(")) {
        let property = colour.trim_start_matches("var(").split(',').next().unwrap();
        assert!(page.iter().all(|css| css.contains(&format!("{property}: #"))), "{property} is not declared");
    }
    assert!(sheet.paints.iter().all(|paint| !paint.starts_with('#')), "a fixed colour: {:?}", sheet.paints);
    assert!(!svg.contains("<rect width=\"720\""), "a page has a background of its own");
    let paper = figure.svg(&Medium::Paper);
    assert!(!paper.contains("var("), "a file has no page to take colours from");
}

fn a_page_has_the_words_and_a_file_its_own() {
    let figure = Figure { subtitle: "the subtitle".into(), ..Figure::new("the title") };
    let figure = figure.caption("the caption").note("the note").with(panel().with(marks(&[(1.0, 2.0)])));
    let texts = |medium: &Medium| {
        let sheet = Sheet::read(&figure.svg(medium), "words");
        let words = ["the title", "the subtitle", "the caption", "the note"];
        words.map(|word| sheet.texts.iter().filter(|text| text.text == word).count())
    };
    assert_eq!(texts(&Medium::Paper), [1; 4]);
    for narrow in [false, true] {
        assert_eq!(texts(&Medium::Page { id: "page".into(), narrow }), [0; 4], "the page has them");
    }
}

fn a_narrow_figure_has_texts_of_the_same_size() {
    let (_, figure) = gallery().swap_remove(0);
    let sizes = |narrow| {
        let sheet = Sheet::read(&figure.svg(&Medium::Page { id: "figure".into(), narrow }), "narrow");
        let mut sizes: Vec<String> = sheet.texts.iter().map(|text| format!("{}", text.size)).collect();
        sizes.sort();
        sizes.dedup();
        (sheet.width, sizes)
    };
    let (wide, narrow) = (sizes(false), sizes(true));
    assert_eq!((wide.0, narrow.0), (WIDTH, NARROW));
    assert_eq!(wide.1, narrow.1);
    assert!(wide.1.iter().all(|size| size.parse::<f64>().unwrap() >= 11.0), "{:?}", wide.1);
}

fn a_logarithmic_axis_says_so() {
    for (x, y) in [(Scale::Log, Scale::Linear), (Scale::Linear, Scale::Log), (Scale::Linear, Scale::Linear)] {
        let axes = Panel::new(Axis::new("across").scale(x), Axis::new("up").scale(y));
        let svg = Figure::new("log").with(axes.with(marks(&[(1.0, 1.0), (100.0, 10.0)]))).svg(&Medium::Paper);
        for (name, scale) in [("across", x), ("up", y)] {
            let [says, plain] = [format!(">{name} (log scale)<"), format!(">{name}<")].map(|text| svg.contains(&text));
            assert_eq!((says, plain), (scale == Scale::Log, scale == Scale::Linear), "{name}");
        }
    }
    // An axis without a name has nothing to say it with; a colour bar says it too.
    let colors = Colors { scale: Scale::Log, ..Colors::new(1.0, 100.0, "steps") };
    let (x_edges, y_edges, values, texts) = Default::default();
    let bar = Panel::new(Axis::new("").scale(Scale::Log), Axis::new("")).with(marks(&[(1.0, 1.0)]));
    let svg =
        Figure::new("bar").with(bar.with(Layer::Heat { x_edges, y_edges, values, texts, colors })).svg(&Medium::Paper);
    assert_eq!(svg.matches("(log scale)").count(), 1 + svg.matches("steps (log scale) (").count());
    assert!(svg.contains(">steps (log scale)<"));
}

/// A map with a text in each cell.
fn told(side: usize, texts: Vec<String>) -> Figure {
    let edges: Vec<f64> = (0..=side).map(|i| i as f64).collect();
    let values: Vec<f64> = (0..side * side).map(|i| i as f64 / (side * side - 1) as f64).collect();
    let colors = Colors::new(0.0, 1.0, "v");
    Figure::new("told").with(panel().with(Layer::Heat {
        x_edges: edges.clone(),
        y_edges: edges,
        values,
        texts,
        colors,
    }))
}

fn texts_in_cells_stand_out_and_stay_inside() {
    let texts = || (0..49).map(|i| format!("t{i:02}")).collect::<Vec<String>>();
    for medium in [Medium::Paper, Medium::Page { id: "page".into(), narrow: true }] {
        let svg = told(7, texts()).svg(&medium);
        let sheet = Sheet::read(&svg, "told");
        sheet.check();
        for (i, text) in texts().iter().enumerate() {
            let line = svg.lines().find(|line| line.contains(&format!(">{text}<"))).unwrap_or_else(|| panic!("{text}"));
            let colour = |name: &str| {
                let at = line.find(&format!(" {name}=\"#")).unwrap() + name.len() + 4;
                [0, 2, 4].map(|digit| u8::from_str_radix(&line[at + digit..at + digit + 2], 16).unwrap())
            };
            let (ink, ground) = (colour("fill"), colour("stroke"));
            assert_eq!(ground, Map::Viridis.rgb(i as f64 / 48.0), "the rim has the colour of the cell");
            assert!(color::contrast(ink, ground) >= 4.5, "{text}: {ink:?} on {ground:?}");
        }
    }
    // Two lines where one is too wide, and none where there is no room for either.
    let svg = told(10, vec!["0.25–\n0.75".into(); 100]).svg(&Medium::Page { id: "page".into(), narrow: false });
    assert!(svg.contains(">0.25–0.75<") || svg.contains(">0.25–<") && svg.contains(">0.75<"));
    let svg = told(10, vec!["far too long for any cell".into(); 100]).svg(&Medium::Paper);
    assert!(!svg.contains(">far"));
}

fn what_has_no_place_is_counted() {
    let points =
        [(0.0, 1.0), (-2.0, 1.0), (1.0, f64::INFINITY), (10.0, 2.0), (100.0, 1e301), (f64::NAN, 1.0), (5.0, 9.0)];
    let mut axes = Panel::new(Axis::new("x").scale(Scale::Log), Axis::new("y").range(0.0, 5.0));
    axes.layers.push(marks(&points));
    let sheet = Sheet::read(&Figure::new("hard").with(axes).svg(&Medium::Paper), "hard");
    for note in [
        "2 points are left out: not finite.",
        "2 points are left out: not positive, on a logarithmic axis.",
        "1 point is outside the range shown.",
    ] {
        assert!(sheet.texts.iter().any(|t| t.text == note), "no note \"{note}\" in {:?}", sheet.texts);
    }
    assert_eq!(sheet.circles.len(), 1, "one point has a place");
}

fn malformed_layers_are_named_in_the_notes() {
    let grid = || (vec![0.0, 1.0, 2.0], vec![0.0, 1.0]);
    let (x_edges, y_edges) = grid();
    let image = |width, pixels: Vec<u8>, colours| {
        let palette = vec![Swatch { name: "a".into(), rgb: [0; 3] }; colours];
        Layer::Image { x: (0.0, 1.0), y: (0.0, 1.0), width, height: 1, pixels, palette }
    };
    let layers = vec![
        (
            Layer::Heat { x_edges, y_edges, values: vec![1.0], texts: Vec::new(), colors: Colors::new(0.0, 1.0, "v") },
            "A heat map is left out",
        ),
        (image(2, vec![0], 1), "An image is left out: it has 1 pixels instead of 2 times 1."),
        (image(1, vec![3], 1), "An image is left out: its palette of 1 colours does not fit its pixels."),
        (image(5000, vec![0; 5000], 1), "An image is left out: its sides of 5000 and 1 pixels"),
        (image(1, vec![0], 300), "An image is left out: its palette of 300 colours"),
        (
            Layer::Contour {
                xs: grid().0,
                ys: grid().1,
                values: vec![],
                levels: vec![0.5],
                style: Style::default(),
                label: String::new(),
            },
            "Contours are left out",
        ),
    ];
    for (layer, note) in layers {
        let sheet = Sheet::read(&Figure::new("wrong").with(panel().with(layer)).svg(&Medium::Paper), note);
        assert!(sheet.texts.iter().any(|t| t.text.starts_with(note)), "no note \"{note}\" in {:?}", sheet.texts);
    }
}

fn equal_labels_share_an_entry() {
    let style = Style::series(0);
    let line = Layer::Line { points: wave(), style, label: "ours".into() };
    let band =
        Layer::Band { points: wave().iter().map(|p| (p.0, p.1, p.1 + 1.0)).collect(), style, label: "ours".into() };
    let silent = Layer::Line { points: wave(), style: Style::series(1), label: String::new() };
    let svg = Figure::new("legend").with(panel().with(band).with(line).with(silent)).svg(&Medium::Paper);
    let sheet = Sheet::read(&svg, "legend");
    assert_eq!(sheet.texts.iter().filter(|t| t.text == "ours").count(), 1);
    let about = svg.split("<desc").nth(1).unwrap().split("</desc>").next().unwrap();
    assert!(about.ends_with("Shown: ours."), "{about}");
}

fn a_line_breaks_at_nan() {
    let points = vec![(0.0, 0.0), (1.0, 1.0), (f64::NAN, 0.0), (2.0, 1.0), (3.0, f64::NAN), (4.0, 1.0), (5.0, 2.0)];
    let line = Layer::Line { points, style: Style::series(2), label: String::new() };
    let sheet = Sheet::read(&Figure::new("gaps").with(panel().with(line)).svg(&Medium::Paper), "gaps");
    let path = sheet.paths.iter().find(|p| p.contains('L')).unwrap();
    // Two points, a single one, two points.
    assert_eq!((path.matches('M').count(), path.matches('L').count(), path.matches('h').count()), (3, 2, 1), "{path}");
}

fn marks_lie_where_their_values_say() {
    let points = [(0.0, 0.0), (1.0, 10.0), (2.0, 20.0), (4.0, 5.0)];
    let sheet = Sheet::read(&Figure::new("marks").with(panel().with(marks(&points))).svg(&Medium::Paper), "marks");
    let at = &sheet.circles;
    assert_eq!(at.len(), 4);
    // Differences in place are in proportion to differences in value, upwards; coordinates have two decimals.
    let (dx, dy) = ((at[1].0 - at[0].0), (at[1].1 - at[0].1));
    for (place, value) in at.iter().zip(points) {
        assert!((place.0 - at[0].0 - dx * value.0).abs() < 0.05, "{at:?}");
        assert!((place.1 - at[0].1 - dy * value.1 / 10.0).abs() < 0.05, "{at:?}");
    }
    assert!(dx > 0.0 && dy < 0.0, "{at:?}");
    let log = Panel::new(Axis::new("x").scale(Scale::Log), Axis::new("y")).with(marks(&[
        (1e-3, 0.0),
        (1.0, 1.0),
        (1e6, 2.0),
    ]));
    let at = Sheet::read(&Figure::new("log").with(log).svg(&Medium::Paper), "log").circles;
    assert!((2.0 * (at[1].0 - at[0].0) - (at[2].0 - at[1].0)).abs() < 0.05, "three decades and six: {at:?}");
}

fn equal_aspects_have_equal_units() {
    for (x, y) in [(1.0, 1.0), (4.0, 1.0), (1.0, 3.0)] {
        let corners = [(0.0, 0.0), (x, y)];
        let square = panel().aspect(Aspect::Equal).with(marks(&corners));
        let at = Sheet::read(&Figure::new("equal").with(square).svg(&Medium::Paper), "equal").circles;
        let (w, h) = (at[1].0 - at[0].0, at[0].1 - at[1].1);
        assert!((w / x - h / y).abs() < 0.05, "{x} by {y} are {w} by {h}");
    }
}

fn rows_have_room_for_all_their_texts() {
    let words = "so many words that they take more than one line beside the panel";
    let names = (0..30).map(|i| (f64::from(i), format!("{i} {words}"))).collect();
    let rows = Panel::new(Axis::new("x"), Axis::new("").ticks(names)).aspect(Aspect::Rows);
    let points: Vec<(f64, f64)> = (0..30).map(|i| (0.5, f64::from(i))).collect();
    let sheet = Sheet::read(&Figure::new("rows").with(rows.with(marks(&points))).svg(&Medium::Paper), "rows");
    sheet.check();
    for i in 0..30 {
        assert!(sheet.texts.iter().any(|t| t.text.starts_with(&format!("{i} so many"))), "row {i} has no name");
    }
}

fn an_image_is_an_indexed_png_from_the_top() {
    let palette: Vec<Swatch> =
        (0u8..4).map(|i| Swatch { name: format!("colour {i}"), rgb: [i, 10 * i, 100] }).collect();
    let pixels = vec![0, 1, 2, 2, 2, 3];
    let image = Layer::Image { x: (0.0, 3.0), y: (0.0, 2.0), width: 3, height: 2, pixels, palette };
    let svg = Figure::new("image").with(panel().with(image)).svg(&Medium::Paper);
    let data = svg.split("base64,").nth(1).unwrap().split('"').next().unwrap();
    let bytes = sheet::from_base64(data);
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels, [2, 2, 3, 0, 1, 2], "the lowest row is the last");
    let palette = reader.info().palette.as_ref().unwrap();
    assert_eq!(palette[3..6], [1, 10, 100]);
    (0..4).for_each(|i| assert!(svg.contains(&format!(">colour {i}<")), "no entry for colour {i}"));
}
