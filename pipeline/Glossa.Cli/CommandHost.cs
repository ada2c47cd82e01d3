using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Glossa.Cli;

/// <summary>What every command has around it: where results and failures go, and the signals that stop it.</summary>
internal sealed class CommandHost(TextWriter output, TextWriter error) : IDisposable
{
    private const int Stopped = 130;
    private static readonly JsonWriterOptions JsonOptions = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _signals = [];

    /// <summary>Results for people, or one JSON value.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Whether a program reads the result.</summary>
    public bool Json { get; set; }

    /// <summary>What a command's own help says beyond its one line.</summary>
    public Dictionary<Command, string> Details { get; } = [];

    /// <summary>The option that every command with a result has.</summary>
    public static Option<bool> JsonOption => new("--json") { Description = "Prints the result (and errors) as JSON" };

    /// <summary>Makes Ctrl-C and a termination signal stop the work in good order; a second one ends the process at once.</summary>
    public CancellationToken ListenToSignals()
    {
        foreach (PosixSignal signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = !_source.IsCancellationRequested;
                _source.Cancel();
            }));
        }
        return _source.Token;
    }

    /// <summary>Prints one JSON value.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, JsonOptions)) write(writer);
        Output.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    /// <summary>Says what went wrong and gives the exit code.</summary>
    public int Fail(Exception failure)
    {
        (string message, int code) = Describe(failure);
        if (Json)
        {
            WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("error");
                json.WriteString("message", message);
                json.WriteNumber("exitCode", code);
                json.WriteEndObject();
                json.WriteEndObject();
            });
        }
        else
        {
            error.WriteLine((code == Stopped ? "glossa: " : "glossa: error: ") + message);
        }
        if (Environment.GetEnvironmentVariable("GLOSSA_DEBUG") == "1") error.WriteLine(failure);
        return code;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _source.Dispose();
    }

    private static (string Message, int Code) Describe(Exception failure)
    {
        // What fails in a parallel loop or behind reflection arrives wrapped.
        while (failure is AggregateException { InnerExceptions.Count: 1 } or System.Reflection.TargetInvocationException or TypeInitializationException
            && failure.InnerException is not null) failure = failure.InnerException;
        if (failure is AggregateException many)
            failure = many.Flatten().InnerExceptions.FirstOrDefault(inner => inner is GlossaException) ?? many.Flatten().InnerExceptions[0];
        return failure switch
        {
            GlossaException glossa => (glossa.Message, glossa.ExitCode),
            OperationCanceledException => ("stopped; finished work is kept, and the same command goes on from there", Stopped),
            IOException io when IoFailure.IsDiskFull(io) => (IoFailure.Describe(io, "output").Message, 1),
            UnauthorizedAccessException or IOException => ($"{OneLine(failure.Message)}", 1),
            OutOfMemoryException => ("out of memory; lower batch.microBatchTokens or engine.threads", 1),
            _ => ($"internal error: {failure.GetType().Name}: {OneLine(failure.Message)} (GLOSSA_DEBUG=1 shows where)", 1),
        };
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
