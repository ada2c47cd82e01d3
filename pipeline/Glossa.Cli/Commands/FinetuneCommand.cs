using System.CommandLine;
using System.Globalization;
using Glossa.Cli.Progress;
using Glossa.Pipeline.Finetune;
using Glossa.Pipeline.Finetune.Scoring;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa finetune</c>: trains a third party's ONNX model on a corpus.</summary>
internal static class FinetuneCommand
{
    public static Command Create(CommandHost host)
    {
        FinetuneArguments arguments = new();
        Command command = new("finetune", "Trains a third party's ONNX model: a folder in Hugging Face layout and a CSV file in, a folder of the same layout out");
        arguments.AddTo(command);
        command.Add(CommandHost.JsonOption);
        host.Details[command] =
            """
            Classification: the label column holds the classes (--label language tells languages apart); a head is made where the
            model has none that fits. Embedding: pairs come from --pair, or from texts that share a label. A stopped run goes on
            from its last checkpoint when the same command is given again. docs/finetune.md is a tutorial.
            """;
        command.SetAction(result =>
        {
            FinetuneOptions options = arguments.Read(result);
            CancellationToken cancellation = host.ListenToSignals();
            FinetuneReport report = ProgressDisplay.During(host.Json || result.GetValue(arguments.Quiet), host.Output, progress => FinetuneJob.Run(
                result.GetValue(arguments.Folder)!, result.GetValue(arguments.Corpus)!, result.GetValue(arguments.Out)!, options, progress, cancellation));
            if (host.Json) host.WriteJson(report.WriteTo);
            else if (!result.GetValue(arguments.Quiet)) WriteText(host.Output, report, result.GetValue(arguments.Out)!);
            return 0;
        });
        return command;
    }

    private static void WriteText(TextWriter output, FinetuneReport report, string folder)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Method}: {report.TrainedParameters:N0} of {report.Parameters:N0} weights trained on {report.Texts.Train:N0} texts in {report.Steps:N0} steps and {report.Seconds:F0} s; {report.BytesToShip:N0} bytes to ship"));
        if ((report.Test ?? report.Valid) is { } score) ClassificationText.Write(output, score, report.Test is null ? "valid" : "test");
        if (report.Baseline is { } baseline)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"n-gram classifier on the same texts: accuracy {baseline.Accuracy:P1}, macro F1 {baseline.MacroF1:F3}"));
        if (report.Loss is { TestBefore: { } before, TestAfter: { } after })
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"test loss {before:F4} before, {after:F4} after (nats per label)"));
        output.WriteLine($"everything is in {folder}");
    }
}

/// <summary>Classification figures for people.</summary>
internal static class ClassificationText
{
    /// <summary>A line for each language, and one for all.</summary>
    public static void Write(TextWriter output, ClassificationScore score, string split)
    {
        foreach (LanguageClassification language in score.Languages)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{language.Language,-16} accuracy {language.Accuracy,7:P1}  F1 {language.MacroF1:F3}  ({language.Texts} texts)"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{split}: accuracy {score.Accuracy:P1}, macro F1 {score.MacroF1:F3} over {score.Texts} texts"));
    }
}
