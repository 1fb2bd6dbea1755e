"""A page as a browser would take it apart."""

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr", "source", "wbr"}
VIDEO = "data:video/mp4;base64,"


class PageOf(HTMLParser):
    """Ids, links, texts and balance of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.ids, self.addresses, self.fragments, self.open = [], [], [], [], []
        self.problems, self.texts, self.headings, self.captions, self.commands = [], [], [], [], []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.texts).split())
        self.problems += [f"{tag} is never closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.note(attributes)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.note(attributes)

    def note(self, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            elif name in ("src", "href", "xlink:href", "poster", "data"):
                (self.fragments if value.startswith("#") else self.addresses).append(value)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-1] if self.open else 'nothing'}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.texts.append(data)
        for tag, place in (("h2", self.headings), ("figcaption", self.captions), ("code", self.commands)):
            if tag in self.open and data.strip():
                place.append(data.strip())
