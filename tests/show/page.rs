//! The HTML page of a result folder: whole, well-formed, alone, and the same twice.

use crate::support::program::{Place, SMALL};

trials![
    says_what_was_found_and_how,
    numbers_its_figures_and_tables,
    stands_alone,
    is_the_same_twice,
    of_an_unfinished_folder_says_so,
    has_families,
    escapes_text,
    of_little_and_of_much,
    open_runs_leave_a_range,
    refuses_what_is_no_folder,
];

/// A page of runs that are all on their way says so first, and nothing of a narrow interval at zero.
fn open_runs_leave_a_range() {
    let spec = "model.name = 'pooled_cnn'\nruns.per_cell = 200\ndescent.max_steps = 1\ncompute.backend = 'cpu'";
    let (_, page) = page_of(spec);
    let range = "0 to 1, as undecided and slow runs turn out, 95 % interval 0 to 1";
    assert!(page.contains(range), "no \"{range}\"");
    assert!(!page.contains("0–0.0"), "a narrow interval at zero");
}

/// The page of the folder `out`.
fn page(place: &Place) -> String {
    place.run(&["report", "out", "--html", "page.html"]).done();
    place.text("page.html")
}

/// The page of an experiment.
fn page_of(spec: &str) -> (Place, String) {
    let place = Place::with(spec);
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    let text = page(&place);
    (place, text)
}

/// Tags open and close as in XML; returns every tag's name and attributes.
fn tags(page: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut all = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') || tag.starts_with('?') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed without being open");
            continue;
        }
        let name = tag.split([' ', '\n', '/']).next().unwrap().to_string();
        all.push(tag.to_string());
        if !tag.ends_with('/') {
            if name == "style" {
                let close = rest.find("</style>").expect("a style ends");
                assert!(!rest[..close].contains('<'));
                rest = &rest[close..];
            }
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    all
}

fn says_what_was_found_and_how() {
    let (place, page) = page_of(&SMALL.replace("name = \"small\"", "name = \"small\"\ntitle = \"What is asked\""));
    let has = |text: &str| assert!(page.contains(text), "not on the page: {text}");
    has("<h1>What is asked</h1>");
    for count in place.table("out/summary.csv").column("spurious") {
        has(&format!("<td>{count}</td>"));
    }
    for name in [
        "patches",
        "ratio",
        "critical_<wbr/>ratio",
        "spurious_<wbr/>loss",
        "Seed",
        "SHA-256",
        "spurious run small.toml",
    ] {
        has(name);
    }
    has(&place.text("out/spec.toml").lines().next().unwrap().replace('"', "&quot;"));
    assert_eq!(page.matches("<svg").count(), 2 * page.matches("<figure>").count(), "one is wide, one is narrow");
    assert!(page.contains("<svg") && !page.contains("Unfinished"));
}

fn numbers_its_figures_and_tables() {
    let title = "What is asked";
    let (_, page) = page_of(&SMALL.replace("name = \"small\"", &format!("name = \"small\"\ntitle = \"{title}\"")));
    for (word, tag) in [("Figure", "<figcaption>"), ("Table", "<table")] {
        let count = page.matches(tag).count();
        assert!(count > 0, "no {word}");
        for number in 1..=count + 1 {
            let times = page.matches(&format!("<b>{word} {number}.</b> ")).count();
            assert_eq!(times, usize::from(number <= count), "{word} {number} of {count}");
        }
    }
    // The title stands once to be read: in the heading. What figures have is for those who cannot see them.
    let seen = page.matches(&format!(">{title}</h1>")).count() + page.matches(&format!(">{title}</text>")).count();
    assert_eq!(seen, 1);
    assert!(page.contains("Wilson score intervals"));
}

fn stands_alone() {
    let (_, page) = page_of(SMALL);
    let tags = tags(&page);
    for tag in &tags {
        let name = tag.split(' ').next().unwrap();
        assert!(!["script", "iframe", "object", "embed", "audio", "video"].contains(&name), "{tag}");
        assert!(!tag.contains(" on"), "{tag}");
        for attribute in ["src=\"", "href=\"", "url("] {
            for (at, _) in tag.match_indices(attribute) {
                let target = &tag[at + attribute.len()..];
                assert!(target.starts_with("data:") || target.starts_with('#'), "{tag}");
            }
        }
    }
    let style = &page[page.find("<style>").unwrap()..page.find("</style>").unwrap()];
    assert!(!style.contains("@import") && !style.contains("url("));
    assert!(
        page.contains("Content-Security-Policy")
            && page.contains("prefers-color-scheme: dark")
            && page.contains("@media print")
    );
}

fn is_the_same_twice() {
    let (place, first) = page_of(SMALL);
    assert_eq!(page(&place), first);
    // Figures beside it are drawn too.
    place.run(&["report", "out", "--html", "again.html", "--figures", "drawn"]).done();
    assert!(place.text("again.html") == first && place.path("drawn/success.svg").exists());
}

fn of_an_unfinished_folder_says_so() {
    // A folder as an interrupted process leaves it: without its tables, and with one of its parts gone.
    let spec = SMALL.replace("backend = \"cpu\"", "backend = \"cpu\"\nbatch = 100\nthreads = 1");
    let place = Place::with(&spec);
    let mut child = place
        .command(&[
            "run",
            "spec.toml",
            "-q",
            "--out",
            "out",
            "--set",
            "runs.per_cell=20000000",
            "--set",
            "output.keep_every=0",
        ])
        .spawn()
        .unwrap();
    while std::fs::read_dir(place.path("out/parts")).map_or(0, Iterator::count) < 3 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let page = page(&place);
    tags(&page);
    assert!(page.contains("class=\"unfinished\"") && page.contains("Unfinished:") && page.contains("not yet"));
    // The figures say so too.
    let figures: String = page.split("<figcaption>").skip(1).collect();
    assert!(figures.contains("Unfinished"), "no figure says that it is unfinished");
}

fn has_families() {
    let spec =
        "[model]\nname = \"relu_sum\"\n[params]\nteachers = 6\n[runs]\nper_cell = 40\n[compute]\nbackend = \"cpu\"\n";
    let (place, page) = page_of(spec);
    tags(&page);
    assert!(page.contains("Families of endpoints"));
    for row in place.table("out/families.csv").column("loss") {
        assert!(page.contains(&format!("<td>{row}</td>")), "{row}");
    }
}

fn escapes_text() {
    let title = "a < b & \\\"c\\\" </title><script>alert(1)</script>";
    let (_, page) = page_of(&SMALL.replace("name = \"small\"", &format!("name = \"small\"\ntitle = \"{title}\"")));
    tags(&page);
    assert!(!page.contains("<script") && page.contains("a &lt; b &amp;"));
}

/// One cell and one run; a cell without success; many cells.
fn of_little_and_of_much() {
    let one = "[model]\nform = \"reduced\"\n[runs]\nper_cell = 1\n[compute]\nbackend = \"cpu\"\n";
    let (_, page) = page_of(one);
    tags(&page);
    let never = "[model]\nname = \"linear_residual\"\n[params]\ntarget = \"negative\"\n[runs]\nper_cell = \
                 20\n[compute]\nbackend = \"cpu\"\n";
    let place = Place::with(never);
    if place.run(&["run", "spec.toml", "-q", "--out", "out"]).code == Some(0) {
        let page = self::page(&place);
        tags(&page);
        assert!(page.contains("0, 95 % interval 0 to 0."), "an interval beside no success");
    }
    let ratios: Vec<String> = (0..40).map(|i| format!("{}", f64::from(i) * 0.5)).collect();
    let patches: Vec<String> = (30..70).map(|i| i.to_string()).collect();
    let many = format!(
        "[model]\nform = \"reduced\"\n[params]\npatches = [{}]\nratio = [{}]\n[runs]\nper_cell = \
         10\n[compute]\nbackend = \"cpu\"\n",
        patches.join(", "),
        ratios.join(", ")
    );
    let (_, page) = page_of(&many);
    tags(&page);
    assert!(page.contains("<summary>1600 rows</summary>"));
}

fn refuses_what_is_no_folder() {
    let place = Place::with(SMALL);
    place.run(&["report", "out", "--html", "page.html"]).refused(2, &["out", "does not exist", "spurious run"]);
    std::fs::create_dir(place.path("empty")).unwrap();
    place.run(&["report", "empty", "--html", "page.html"]).refused(2, &["empty", "no manifest.json"]);
    assert!(!place.path("page.html").exists());
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    place
        .run(&["report", "out", "--html", "no/such/page.html"])
        .refused(2, &["--html = no/such/page.html: the folder no/such does not exist; make it"]);
    place.run(&["report", "out", "--html", "p.html", "--families"]).refused(2, &["--families", "--html"]);
}
