/**
 * A command line of the inventory for ExecStart=: programs are looked up in PATH, and a percent sign stays one.
 * Source: systemd.service(5), COMMAND LINES; systemd.unit(5), SPECIFIERS.
 * @param command the command line
 * @returns the command line of systemd
 */
export function commandLine(command: string): string {
  return `/usr/bin/env ${command.replaceAll('%', '%%')}`;
}

/**
 * A command line of a shell for between double quotes of ExecStart=.
 * Source: systemd.service(5), COMMAND LINES; systemd.unit(5), SPECIFIERS.
 * @param command the command line
 * @returns its escaped form
 */
export function quotedCommand(command: string): string {
  return command.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$');
}
