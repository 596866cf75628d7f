"""`icpctl completion`: the scripts that make shells ask `icpctl` what may come next."""

from typing import Annotated, Literal

import typer

from icpctl.errors import ExitCode

Shell = Literal["bash", "zsh", "fish"]

# They speak Typer's protocol for fish: what was typed goes out in the environment, and a word a
# line comes back, with a tab and its meaning. What comes back is data; no shell evaluates it, and
# each quotes what it inserts, because names of folders may hold anything.
_SCRIPTS: dict[Shell, str] = {
    "bash": r"""_icpctl_completion() {
    local word i
    COMPREPLY=()
    while IFS= read -r word; do
        [[ -n $word ]] && COMPREPLY+=("$(printf '%q' "${word%%$'\t'*}")")
    done < <(
        _ICPCTL_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args \
            _TYPER_COMPLETE_ARGS="${COMP_LINE:0:COMP_POINT}" icpctl 2>/dev/null
    )
}
complete -o default -F _icpctl_completion icpctl
""",
    "zsh": r"""#compdef icpctl
_icpctl_completion() {
    local line tab=$'\t'
    local -a values shown
    while IFS= read -r line; do
        [[ -n $line ]] || continue
        values+=("${line%%$tab*}")
        shown+=("${line/$tab/  -- }")
    done < <(
        _ICPCTL_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args \
            _TYPER_COMPLETE_ARGS="${(j: :)words[1,CURRENT]}" icpctl 2>/dev/null
    )
    if (( $#values )); then
        compadd -l -d shown -- "${values[@]}"
    else
        _files
    fi
}
compdef _icpctl_completion icpctl
""",
    "fish": r"""function __icpctl_complete
    set -lx _ICPCTL_COMPLETE complete_fish
    set -lx _TYPER_COMPLETE_FISH_ACTION $argv[1]
    set -lx _TYPER_COMPLETE_ARGS (commandline -cp)
    icpctl 2>/dev/null
end
complete -c icpctl -f -n "__icpctl_complete is-args" -a "(__icpctl_complete get-args)"
""",
}


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="The shell.")],
) -> ExitCode:
    """Print the completion script of a shell.

    bash: source <(icpctl completion bash), in ~/.bashrc.

    zsh: source <(icpctl completion zsh), in ~/.zshrc after compinit.

    fish: icpctl completion fish > ~/.config/fish/completions/icpctl.fish
    """
    print(_SCRIPTS[shell], end="")
    return ExitCode.DONE
