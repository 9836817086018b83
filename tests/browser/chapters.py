"""What docs/walkthrough.md says, and which pictures stand where."""

from dataclasses import dataclass

from config.paths import BASE_DIR


DOCUMENT = BASE_DIR / "docs" / "walkthrough.md"


@dataclass(frozen=True)
class Scene:
    """A page of the journey: `phone` and `chinese` as in the album."""

    picture: str
    caption: str
    phone: bool = False
    chinese: bool = False

    @property
    def pictures(self) -> list[str]:
        endings = ["", *(["-phone"] if self.phone else []), *(["-zh"] if self.chinese else [])]
        return [self.picture + ending for ending in [*endings, *(["-phone-zh"] if self.phone and self.chinese else [])]]


@dataclass(frozen=True)
class Chapter:
    title: str
    text: str
    scenes: tuple[Scene, ...]

    @property
    def pictures(self) -> list[str]:
        return [picture for scene in self.scenes for picture in scene.pictures]


def everywhere(picture: str, caption: str) -> Scene:
    return Scene(picture, caption, phone=True, chinese=True)


CHAPTERS = (
    Chapter(
        "1. Sign in",
        "Each of the seven roles signs in on the same page and lands where its day begins: suppliers with what to do now, "
        "reviewers on the procurement home, ESG staff and auditors on the dashboard, administrators with the users, the case team with "
        "what workers reported. The language is switched at the top, on every page.",
        (everywhere("sign-in", "The sign-in page"), everywhere("dashboard", "The dashboard of ESG staff")),
    ),
    Chapter(
        "2. Import suppliers",
        "Staff upload a CSV or XLSX file. The columns are recognised from their headings, in Chinese or English, and can be "
        "chosen by hand. A dry run says of each row what would become of it and why; only then is it imported, by a worker, "
        "with a progress bar. The same file once more changes nothing.",
        (
            Scene("import-columns", "The columns as recognised"),
            everywhere("import-dry-run", "The dry run, row by row"),
            Scene("import-result", "Every row is accounted for"),
        ),
    ),
    Chapter(
        "3. Register, be let in, sign in",
        "A company registers itself on a public page. Its identifiers are checked and duplicates found. Staff approve, an "
        "invitation goes out by e-mail, and its link opens the account.",
        (everywhere("register", "The public registration"), Scene("registration", "What staff decide on")),
    ),
    Chapter(
        "4. Launch a campaign",
        "Staff put a questionnaire to all suppliers or to a filtered set, and see while they choose how many that is. The "
        "launch is one operation; the invitations follow from the workers, never two to the same person.",
        (Scene("campaign-new", "Choosing who is asked", phone=True), everywhere("campaign", "A running campaign")),
    ),
    Chapter(
        "5. Answer the questionnaire",
        "A supplier sees what there is to do, goes through the eight areas, and each answer saves by itself the moment it is "
        "given. When the network goes, answers wait in the browser and are sent when it is back. Evidence hangs on its "
        "question. Without JavaScript there is a Save button. At the end: check, sign, submit.",
        (
            everywhere("supplier-home", "What to do now"),
            everywhere("task-list", "The eight areas"),
            everywhere("area", "An area: answers, evidence, the state of saving"),
            everywhere("check", "Check your answers"),
            Scene("sign", "The signature"),
            Scene("submitted", "Handed in", phone=True),
        ),
    ),
    Chapter(
        "6. Score",
        "Each submission is scored by itself; staff score a campaign or the portfolio on demand, and every night it happens "
        "anyway. The run page shows how far it is, what it brought, and what failed. The supplier reads its scores with what "
        "each answer gave.",
        (everywhere("scoring-run", "A scoring run"), everywhere("results", "The results, as the supplier reads them")),
    ),
    Chapter(
        "7. The portfolio",
        "Procurement filters, searches, sorts and pages through all suppliers, and exports exactly the rows on the screen. A "
        "supplier's page joins its scores, assessments, documents, label and history.",
        (everywhere("portfolio", "The portfolio"), everywhere("supplier", "A supplier")),
    ),
    Chapter(
        "8. Review",
        "A reviewer takes a submitted assessment, judges answers and evidence, asks, rejects or accepts, and returns it or "
        "closes it. The verified score follows from the verdicts.",
        (
            everywhere("review-queue", "The review queue"),
            everywhere("review", "The workbench"),
            Scene("review-finish", "Finishing a review"),
        ),
    ),
    Chapter(
        "9. The green label",
        "Every night all suppliers are held against the published standard, and labels are awarded, warned, suspended or "
        "expired as steps of a ledger. Staff and supplier see why, criterion by criterion.",
        (everywhere("labels", "The label ledger"), everywhere("label", "Why a supplier has its label")),
    ),
    Chapter(
        "10. A carbon pilot",
        "Staff draft an agreement with base year, path and yearly targets, and offer it; both sides sign the same terms by "
        "their fingerprint. Years are reported from activity data or by hand, and the chart shows whether the supplier is on "
        "track.",
        (
            Scene("pilot-draft", "The draft", phone=True),
            Scene("pilot-sign", "The supplier signs", phone=True),
            everywhere("pilot", "Targets and what came of them"),
        ),
    ),
    Chapter(
        "11. The audit report",
        "Any closed assessment is printed as a PDF in English or Chinese: who, how, the scores with their chart, every answer "
        "with the hashes of its evidence and the verdict. The fonts are embedded, so it looks the same on every machine.",
        (
            Scene("audit-report-en", "The report in English"),
            Scene("audit-report-scores-en", "Scores"),
            Scene("audit-report-zh", "The report in Chinese"),
            Scene("audit-report-scores-zh", "Scores, in Chinese"),
        ),
    ),
)

INTRODUCTION = """# A walk through the portal

The pictures are taken by the browser tests while they walk through the portal with its demo (invented companies, invented people):
`./script/test tests/browser/test_walkthrough.py --walkthrough` takes them anew. Without the flag the same tests check that every step
still works, that no page breaks WCAG 2.2 AA as far as axe can tell, and that no page is wider than a phone.
"""


def as_markdown() -> str:
    return "\n".join([INTRODUCTION, *(section(chapter) for chapter in CHAPTERS)])


def section(chapter: Chapter) -> str:
    return "\n".join([f"## {chapter.title}", "", chapter.text, "", *(scene_lines(scene) for scene in chapter.scenes)])


def scene_lines(scene: Scene) -> str:
    """On a desk the pictures stand side by side, English and Chinese; those of the phone below."""
    lines = [f"**{scene.caption}**", ""]
    desk = [scene.picture, *([f"{scene.picture}-zh"] if scene.chinese else [])]
    phone = [name for name in scene.pictures if "-phone" in name]
    lines += [" ".join(image(name, scene.caption, 410 if len(desk) > 1 else 620) for name in desk), ""]
    if phone:
        lines += [" ".join(image(name, scene.caption, 200) for name in phone), ""]
    return "\n".join(lines)


def image(name: str, caption: str, width: int) -> str:
    where = ", on a phone" if "-phone" in name else ""
    language = ", in Chinese" if name.endswith("-zh") else ""
    return f'<img src="images/{name}.webp" alt="{caption}{where}{language}" width="{width}">'
