// Measures every frame of the outer page, once all are loaded, and writes what it found as JSON into the page.
"use strict";

function luminance(colour) {
  const linear = colour.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function parsed(colour) {
  const parts = colour.match(/[\d.]+/g).map(Number);
  return parts.length === 3 ? [...parts, 1] : parts;
}

function ground(view, element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = parsed(view.getComputedStyle(at).backgroundColor);
    if (colour[3] === 1) return colour;
  }
  return [255, 255, 255, 1];
}

function texts(document) {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.data.trim()) found.push(walker.currentNode);
  return found;
}

function boxOf(node) {
  const range = node.ownerDocument.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect();
}

function measured(frame) {
  const view = frame.contentWindow, document = frame.contentDocument, width = document.documentElement.clientWidth;
  const hidden = (node) => node.parentElement.closest("thead, title") && width <= 640 || node.parentElement.closest("svg");
  const shown = texts(document).filter((node) => !hidden(node));
  const styles = shown.map((node) => view.getComputedStyle(node.parentElement));
  const cells = [...document.querySelectorAll("td")];
  const fills = (selector) => [...document.querySelectorAll(selector)].map((bar) => parsed(view.getComputedStyle(bar).fill));
  const rest = fills(".rest")[0];
  const count = (selector) => document.querySelectorAll(selector).length;
  return {
    page: frame.dataset.page,
    width,
    dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
    scrolls: document.documentElement.scrollWidth - width,
    outside: shown.filter((node) => boxOf(node).right > width + 1 || boxOf(node).left < -1).map((node) => node.data),
    flat: shown.filter((node) => boxOf(node).height < 8).map((node) => node.data),
    smallest: Math.min(...styles.map((style) => parseFloat(style.fontSize))),
    contrast: Math.min(...shown.map((node, number) => contrast(parsed(styles[number].color), ground(view, node.parentElement)))),
    bars: Math.min(21, ...fills(".have, .full").map((bar) => contrast(bar, rest))),
    low: Math.min(100, ...[...document.querySelectorAll("nav a")].map((link) => link.getBoundingClientRect().height)),
    labels: cells.filter((cell) => view.getComputedStyle(cell, "::before").content !== "none").length,
    cells: cells.length,
    requested: view.performance.getEntriesByType("resource").map((entry) => entry.name),
    headings: [...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1])),
    landmarks: ["header", "nav", "main", "footer"].map((name) => count(`body ${name}`)),
    unnamed: [...document.querySelectorAll("section, [aria-labelledby]")].filter(
      (part) => !document.getElementById(part.getAttribute("aria-labelledby"))
    ).length,
    pictures: [...document.querySelectorAll("svg")].filter(
      (picture) => picture.getAttribute("role") !== "img" || !picture.querySelector("title").textContent
    ).length,
    english: [...document.querySelectorAll("[lang=en]")].map((part) => part.textContent),
  };
}

addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(measured);
  document.getElementById("found").textContent = JSON.stringify(found);
});
