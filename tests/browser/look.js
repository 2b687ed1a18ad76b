// What is wrong with a page as it is shown now: a list of sentences.
(() => {
  const found = [];
  const say = (text) => { if (!found.includes(text) && found.length < 40) found.push(text); };
  const width = document.documentElement.clientWidth;
  const paper = matchMedia("print").matches;
  // A pixel, for rounding.
  const SLACK = 1;
  // Pixels of CSS that a text of a figure has at least; on paper it may be smaller.
  const SMALLEST = paper ? 7 : 8.5;
  const name = (element) => {
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.tagName.toLowerCase()}> "${text}"`;
  };
  const shown = (element) => element.getClientRects().length > 0;
  const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
  // The box that an element may be scrolled in, if there is one.
  const scroller = (element) => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) if (scrolls(at)) return at;
    return null;
  };

  if (document.documentElement.scrollWidth > width + SLACK) {
    say(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${width}`);
  }
  for (const element of document.body.querySelectorAll("*")) {
    if (!shown(element) || element.closest("svg") !== null && element.tagName !== "svg") continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0) continue;
    const inner = scroller(element);
    if (inner === null || paper) {
      if (box.right > width + SLACK) say(`${name(element)} ends at ${Math.round(box.right)} px of ${width}`);
      if (box.left < -SLACK) say(`${name(element)} begins at ${Math.round(box.left)} px`);
    }
    // A figure is to be seen at once.
    if (element.tagName === "svg" && inner !== null && inner.scrollWidth > inner.clientWidth + SLACK) {
      say("a figure is cut off by a box that scrolls");
    }
    const style = getComputedStyle(element);
    const cut = !scrolls(element) && style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + SLACK;
    if (cut) say(`${name(element)} is cut off`);
  }

  // Colours, by WCAG 2.2.
  const channels = (colour) => {
    const numbers = colour.match(/[\d.]+/g);
    return numbers === null ? null : numbers.map(Number);
  };
  const luminance = ([r, g, b]) => {
    const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour && (colour.length < 4 || colour[3] === 1)) return colour;
    }
    return [255, 255, 255];
  };
  const standsOut = (element, ink, on) => {
    if (ink && contrast(ink, on) < 4.5) {
      say(`${name(element)} has a contrast of ${contrast(ink, on).toFixed(2)} to its ground`);
    }
  };
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
  for (const element of document.body.querySelectorAll("*")) {
    if (!shown(element) || element.closest("svg") || !own(element)) continue;
    standsOut(element, channels(getComputedStyle(element).color), ground(element));
  }

  for (const svg of document.querySelectorAll("svg")) {
    if (!shown(svg)) continue;
    const paperOfFigure = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].map((text) => {
      const box = text.getBoundingClientRect();
      // The box of a line has room above and below its letters.
      const upright = box.height > box.width && text.hasAttribute("transform");
      const [across, up] = upright ? [0.15, 0] : [0, 0.15];
      const edges = {
        left: box.left + across * box.width, right: box.right - across * box.width,
        top: box.top + up * box.height, bottom: box.bottom - up * box.height,
      };
      return { text, edges };
    });
    texts.forEach(({ text, edges }, index) => {
      const outside = edges.left < paperOfFigure.left - SLACK || edges.right > paperOfFigure.right + SLACK
        || edges.top < paperOfFigure.top - SLACK || edges.bottom > paperOfFigure.bottom + SLACK;
      if (outside) say(`${name(text)} leaves its figure`);
      const matrix = text.getScreenCTM();
      const size = parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b);
      if (size < SMALLEST - 0.01) say(`${name(text)} is ${size.toFixed(1)} px high`);
      const rim = getComputedStyle(text).stroke;
      const on = rim === "none" ? ground(svg) : channels(rim);
      standsOut(text, channels(getComputedStyle(text).fill), on);
      for (const other of texts.slice(0, index)) {
        const a = edges, b = other.edges;
        const meets = a.left < b.right - SLACK && b.left < a.right - SLACK && a.top < b.bottom - SLACK
          && b.top < a.bottom - SLACK;
        if (meets) say(`${name(text)} lies on ${name(other.text)}`);
      }
    });
  }
  return found;
})();
