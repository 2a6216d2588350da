# SPDX-License-Identifier: 0BSD
"""All first-order mutants of a C file: one small change each, the mistakes that fingers make.

Comments, strings, preprocessor lines, static assertions and LA_ASSERTs are left alone: an assertion
that is weaker is no bug by itself.
"""
import collections
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
FUNCTION = re.compile(r'^\w[\w \t*()]*?\b(\w+)\([^;{]*\n\{', re.MULTILINE)
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

    function: str  # the one it is in, or behind
    id: str  # survives what is changed elsewhere in the file

    def apply(self, text):
        """The file's text with the mutant in it, each line where it was."""
        lines = '\n' * self.before.count('\n')
        return text[:self.start] + self.after + lines + text[self.end:]


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


def function_at(text, offset):
    """The name of the function whose head is the last before an offset; empty before any."""
    name = ''
    for match in FUNCTION.finditer(text, 0, offset):
        name = match.group(1)
    return name


def line_around(text, start, end):
    """Where the lines of a stretch begin and end."""
    behind = text.find('\n', end)
    return text.rfind('\n', 0, start) + 1, behind if behind >= 0 else len(text)


def id_of(file, function, text, start, end, after):
    """FILE FUNCTION: the line as it was => as it is, with blanks made one."""
    first, last = line_around(text, start, end)
    before = ' '.join(text[first:last].split())
    changed = ' '.join((text[first:start] + after + text[end:last]).split())
    return f'{file} {function}: {before} => {changed}'


def mutants_of(file, text):
    """All mutants of a file's text, in the order of its lines.

    Two that are spelt alike, in one function, are told apart by their number.
    """
    found = []
    spelt = collections.Counter()
    every = {(start, end, after): operator for operator, start, end, after
             in [*token_mutants(text), *statement_mutants(text)]}
    for (start, end, after), operator in sorted(every.items()):
        function = function_at(text, start)
        name = id_of(file, function, text, start, end, after)
        spelt[name] += 1
        if spelt[name] > 1:
            name += f' #{spelt[name]}'
        line = text.count('\n', 0, start) + 1
        found.append(Mutant(file, line, operator, text[start:end], after, start, end,
                            function, name))
    return found
