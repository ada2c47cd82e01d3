namespace Glossa;

/// <summary>
/// A failure that a person can act on: its message is one line that says what is wrong, where, and what to do.
/// The command prints the message alone (never a stack trace) and ends with <see cref="ExitCode"/>.
/// </summary>
/// <param name="what">What is wrong, naming the offending value.</param>
/// <param name="where">Where it is: a path, with row and column where there are any; null where the message says it.</param>
/// <param name="fix">What to do about it; null where nothing can be advised.</param>
/// <param name="inner">The cause, for debugging.</param>
public abstract class GlossaException(string what, string? where, string? fix, Exception? inner)
    : Exception(Compose(what, where, fix), inner)
{
    /// <summary>Exit code of the command: 2 for wrong usage or input, 1 for work that failed.</summary>
    public abstract int ExitCode { get; }

    private static string Compose(string what, string? where, string? fix)
    {
        string message = where is null ? what : $"{where}: {what}";
        message = message.TrimEnd('.');
        if (fix is not null) message += "; " + fix;
        return message.ReplaceLineEndings(" ");
    }
}

/// <summary>Wrong usage or input (exit code 2): a missing file, a broken row, an unknown key, a damaged model.</summary>
/// <inheritdoc cref="GlossaException"/>
public sealed class InputException(string what, string? where = null, string? fix = null, Exception? inner = null)
    : GlossaException(what, where, fix, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>Work that was well asked for and failed (exit code 1): a full disk, a loss that is not a number, a breached gate.</summary>
/// <inheritdoc cref="GlossaException"/>
public sealed class WorkException(string what, string? where = null, string? fix = null, Exception? inner = null)
    : GlossaException(what, where, fix, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 1;
}
