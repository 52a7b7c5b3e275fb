import type { Flag, Place } from './tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes commands, flags and their choices; where none fits, file names. It asks nobody at run time. */
export const SCRIPTS: Readonly<Record<Shell, (places: readonly Place[]) => string>> = { bash, zsh, fish };

/** Each place by the words that lead to it, as one string with a blank before each. */
const keyOf = (path: readonly string[]): string => path.map((word) => ` ${word}`).join('');
const withChoices = (flags: readonly Flag[]): readonly (Flag & { readonly choices: readonly string[] })[] => flags.flatMap((flag) => (flag.choices === null || flag.choices.length === 0 ? [] : [{ ...flag, choices: flag.choices }]));

function bash(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path.length > 0).map(({ path }) => `"${keyOf(path)}"`).join('|');
  const choices = places.flatMap(({ path, flags }) => withChoices(flags).map(({ name, choices: of }) => `    "${keyOf(path)} ${name}") words="${of.join(' ')}" ;;`));
  const words = places.map(({ path, words: of, flags }) => `      "${keyOf(path)}") words="${[...of, ...flags].map(({ name }) => name).join(' ')}" ;;`);
  return [
    '# lastmile completion bash: `eval "$(lastmile completion bash)"`, or a file in ~/.local/share/bash-completion/completions.',
    '_lastmile() {', '  local route="" words="" i', '  local current="${COMP_WORDS[COMP_CWD]}" before="${COMP_WORDS[COMP_CWD-1]}"',
    '  for ((i = 1; i < COMP_CWD; i++)); do', '    case "$route ${COMP_WORDS[i]}" in', `      ${known}) route="$route \${COMP_WORDS[i]}" ;;`, '    esac', '  done',
    '  case "$route $before" in', ...choices, '    *) case "$route" in', ...words, '    esac ;;', '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))', '}', 'complete -o default -F _lastmile lastmile', '',
  ].join('\n');
}

function zsh(places: readonly Place[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\'', '\'\\\'\'')}'`;
  const described = ({ name, about }: { readonly name: string; readonly about: string }): string => quoted(about === '' ? name : `${name}:${about}`);
  const known = places.filter(({ path }) => path.length > 0).map(({ path }) => quoted(keyOf(path))).join('|');
  const choices = places.flatMap(({ path, flags }) => withChoices(flags).map(({ name, choices: of }) => `    ${quoted(`${keyOf(path)} ${name}`)}) found=(${of.map(quoted).join(' ')}) ;;`));
  const found = places.map(({ path, words: of, flags }) => `      ${quoted(keyOf(path))}) found=(${[...of, ...flags].map(described).join(' ')}) ;;`);
  return [
    '#compdef lastmile', '# lastmile completion zsh: `eval "$(lastmile completion zsh)"` after compinit, or a file _lastmile on the fpath.',
    '_lastmile() {', '  local route="" i', '  local -a found', '  for ((i = 2; i < CURRENT; i++)); do', '    case "$route $words[i]" in', `      ${known}) route="$route $words[i]" ;;`, '    esac', '  done',
    '  case "$route $words[CURRENT-1]" in', ...choices, '    *) case "$route" in', ...found, '    esac ;;', '  esac',
    '  _describe lastmile found || _files', '}', 'if [ "$funcstack[1]" = "_lastmile" ]; then _lastmile "$@"; else compdef _lastmile lastmile; fi', '',
  ].join('\n');
}

function fish(places: readonly Place[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll('\'', '\\\'')}'`;
  const isRoot = ({ path }: Place): boolean => path.length === 0;
  const at = ({ path, words }: Place): string => {
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
    const none = path.length === 0 ? '__fish_use_subcommand' : `not __fish_seen_subcommand_from ${words.map(({ name }) => name).join(' ')}`;
    return [...seen, ...(words.length === 0 ? [] : [none])].join('; and ');
  };
  const line = (place: Place, rest: string): string => `complete -c lastmile${at(place) === '' ? '' : ` -n ${quoted(at(place))}`} ${rest}`;
  const about = (text: string): string => (text === '' ? '' : ` -d ${quoted(text)}`);
  const takes = ({ choices }: Flag): string => (choices === null ? ' -r' : choices.length === 0 ? '' : ` -x -a ${quoted(choices.join(' '))}`);
  const own = (place: Place): readonly Flag[] => (isRoot(place) ? place.flags : place.flags.slice(0, place.flags.length - everywhere));
  const everywhere = places.find(isRoot)?.flags.length ?? 0;
  return [
    '# lastmile completion fish: `lastmile completion fish | source`, or a file in ~/.config/fish/completions.',
    ...places.flatMap((place) => [
      ...place.words.map((word) => line(place, `-f -a ${quoted(word.name)}${about(word.about)}`)),
      ...own(place).map((flag) => (isRoot(place) ? `complete -c lastmile` : line({ ...place, words: [] }, '').trimEnd()) + ` -l ${flag.name.slice(2)}${takes(flag)}${about(flag.about)}`),
    ]), '',
  ].join('\n');
}
