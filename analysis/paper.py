"""paper.tex: a skeleton that includes every figure and table of the report and compiles as it is.

Needs only graphicx and booktabs, which Debian's texlive-latex-recommended has.
Errors: none; text only.
"""

from analysis.latex import escaped

HEAD = r"""% Compile in this directory: pdflatex paper.tex
\documentclass[twocolumn]{article}
\usepackage[utf8]{inputenc}
\usepackage{graphicx}
\usepackage{booktabs}
\usepackage[margin=0.7in,columnsep=0.33in]{geometry}
"""


def skeleton(title: str, headline: str, figures, tables, limitations) -> str:
    """figures: (file stem, caption, title) of the narrow ones; tables: (file stem, caption)."""
    parts = [HEAD, rf"\title{{{escaped(title)}}}", r"\author{}", r"\date{}",
             r"\begin{document}", r"\maketitle", r"\section{Results}", escaped(headline), ""]
    for stem, caption, name in figures:
        parts += [rf"% {name}", r"\begin{figure}[tb]", r"\centering",
                  rf"\includegraphics{{figures/{stem}-3.33in.pdf}}",
                  rf"\caption{{{escaped(caption)}}}", rf"\label{{fig:{stem}}}", r"\end{figure}", ""]
    parts += [r"\clearpage", r"\onecolumn", r"\section{Tables}"]
    for stem, caption in tables:
        parts += [r"\begin{table}[htb]", r"\centering\small",
                  rf"\caption{{{escaped(caption)}}}", rf"\label{{tab:{stem}}}",
                  r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
                  rf"\input{{tables/{stem}}}}}", r"\end{table}", r"\clearpage"]
    parts += [r"\section{Limitations}", r"\begin{itemize}"]
    parts += [rf"\item {escaped(text)}" for text in limitations]
    parts += [r"\end{itemize}", r"\end{document}", ""]
    return "\n".join(parts)
