/** What a shell reads to complete the words of pvestack: by the shell's name. Each asks the program itself for the words. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# pvestack: eval "$(pvestack completion bash)" in ~/.bashrc
_pvestack() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _pvestack pvestack ./pvestack`,
  zsh: `# pvestack: eval "$(pvestack completion zsh)" in ~/.zshrc, behind compinit
_pvestack() {
  local -a found
  found=(\${(f)"$("$words[1]" completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
compdef _pvestack pvestack`,
  fish: `# pvestack: pvestack completion fish >~/.config/fish/completions/pvestack.fish
complete -c pvestack -f -a '(set -l words (commandline -opc); pvestack completion words -- $words[2..-1] (commandline -ct) 2>/dev/null)'`,
};
