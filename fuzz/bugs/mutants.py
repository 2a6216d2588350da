# SPDX-License-Identifier: 0BSD
"""All first-order mutants of a C file: one small change each, the mistakes that fingers make.

Comments, strings, preprocessor lines, static assertions and LA_ASSERTs are left alone: an assertion
that is weaker is no bug by itself.
"""
import dataclasses
import re

TOKEN = re.compile(r'''
    (?P<skip>/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<number>\b(?:0x[0-9a-fA-F]+|[0-9]+)[uUlL]*\b)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<op><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.(){}\[\]])
''', re.VERBOSE | re.DOTALL | re.MULTILINE)

SWAPS = {
    '<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '&&': '||', '||': '&&',
    '+': '-', '-': '+', '*': '+', '/': '*', '%': '/', '<<': '>>', '>>': '<<', '&': '|', '|': '&',
    '^': '|', '+=': '-=', '-=': '+=', '|=': '&=', '&=': '|=', '^=': '|=', '++': '--', '--': '++',
    '!': '', '~': '',
}
BINARY_ONLY = {'+', '-', '*', '&'}  # between blanks; as a prefix they are something else
NOT_STATEMENTS = {'return', 'break', 'continue', 'goto', 'case', 'default', 'else', 'do', 'if',
                  'for', 'while', 'switch', 'struct', 'const', 'static', 'enum', 'union', 'typedef',
                  'extern', 'bool', 'void', 'char', 'LA_ASSERT', '_Static_assert'}
DECLARATION = re.compile(r'^(?:[A-Za-z_]\w*[ \t]+)+\**[A-Za-z_]\w*\s*(?:[;=,\[(]|$)')
LEFT_ALONE = ('_Static_assert', 'LA_ASSERT', '__asm__', '__attribute__')


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    line: int
    operator: str
    before: str
    after: str
    start: int  # offsets in the file's text
    end: int

    @property
    def id(self):
        after = self.after.strip() or 'nothing'
        return f'{self.file}:{self.line}: {self.before.strip()} -> {after}'

    def apply(self, text):
        return text[:self.start] + self.after + text[self.end:]


def closing(text, at):
    """The offset behind the bracket that closes the one at `at`."""
    depth = 0
    for offset in range(at, len(text)):
        depth += (text[offset] == '(') - (text[offset] == ')')
        if depth == 0:
            return offset + 1
    raise ValueError('no closing bracket')


def tokens_of(text):
    """(kind, text, start, end), without what is left alone."""
    found = []
    behind = 0
    for match in TOKEN.finditer(text):
        if match.start() < behind or match.lastgroup == 'skip':
            continue
        if match.group() in LEFT_ALONE and '(' in text[match.end():match.end() + 2]:
            behind = closing(text, text.index('(', match.end()))
            continue
        found.append((match.lastgroup, match.group(), match.start(), match.end()))
    return found


def number_mutants(word):
    digits = word.rstrip('uUlL')
    suffix = word[len(digits):]
    value = int(digits, 0) if not re.fullmatch(r'0[0-7]+', digits) else int(digits, 8)
    yield f'{value + 1}{suffix}'
    if value > 0:
        yield f'{value - 1}{suffix}'


def token_mutants(text):
    """(operator, start, end, after) of single tokens."""
    for kind, word, start, end in tokens_of(text):
        if kind == 'number':
            for after in number_mutants(word):
                yield 'number', start, end, after
        elif kind == 'op' and word in SWAPS and (
                word not in BINARY_ONLY or text[start - 1] + text[end] == '  '):
            yield 'operator', start, end, SWAPS[word]
        elif word in ('if', 'while'):
            opening = text.index('(', end)
            behind = closing(text, opening)
            for after in ('(0)', '(1)') if word == 'if' else ('(0)',):
                yield 'condition', opening, behind, after


def statement_mutants(text):
    """(operator, start, end, after) of simple statements that can go."""
    tokens = tokens_of(text)
    start_of_statement = True
    for index, (_, word, start, _) in enumerate(tokens):
        if start_of_statement and word not in NOT_STATEMENTS and word not in ('{', '}', ';', '('):
            end = next((t[3] for t in tokens[index:] if t[1] in (';', '{', '}')), None)
            body = text[start:end] if end else ''
            if body.endswith(';') and not DECLARATION.match(body) and not body.startswith('}'):
                yield 'statement', start, end, ';'
        behind = text[tokens[index][3]:tokens[index + 1][2]] if index + 1 < len(tokens) else ''
        start_of_statement = word in (';', '{', '}') or word in (')', 'else') and '\n' in behind


def mutants_of(file, text):
    """All mutants of a file's text, in the order of its lines."""
    found = []
    for operator, start, end, after in [*token_mutants(text), *statement_mutants(text)]:
        line = text.count('\n', 0, start) + 1
        found.append(Mutant(file, line, operator, text[start:end], after, start, end))
    return sorted(set(found), key=lambda mutant: (mutant.start, mutant.end, mutant.after))
