using System.CommandLine;
using System.Globalization;
using Glossa.Data.Corpora;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Finetune.Scoring;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa evaluate</c>: bits per byte of a causal model over a corpus, accuracy and F1 of a classifier.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> folder = ModelOptions.Folder();
        Option<string> corpus = new("--corpus") { HelpName = "FILE", Required = true, Description = "CSV or CSV.gz file; udhr is the embedded corpus" };
        Option<string> split = new("--split") { HelpName = "SPLIT", Description = "train, valid or test", DefaultValueFactory = _ => "test" };
        Option<string?> label = new("--label") { HelpName = "COLUMN", Description = "Column of the classes, for classifiers [default: that of the training, or label]" };
        Option<string?> domain = new("--domain") { HelpName = "NAME", Description = "Score only the rows whose column 'domain' says this [default: all]" };
        Option<string> precision = ModelOptions.Precision();
        Option<int> threads = ModelOptions.Threads();
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("evaluate", "Measures a model on every language of a corpus: bits per byte of a causal model, accuracy and F1 of a classifier")
        {
            folder, corpus, split, domain, label, precision, threads, json,
        };
        host.Details[command] =
            """
            The corpus is read as `glossa run` reads it (normalized, without duplicates), so that the figure is the report's.
            """;
        command.SetAction(result =>
        {
            string model = result.GetValue(folder)!, file = result.GetValue(corpus)!, part = result.GetValue(split)!;
            string path = file == CorpusConfig.Embedded ? EmbeddedCorpora.UdhrPath : file;
            ExportPrecision kind = ModelOptions.Parse(result.GetValue(precision)!);
            int runs = ModelOptions.Checked(result.GetValue(threads), "--threads");
            if (ClassificationEvaluation.Applies(model))
            {
                if (result.GetValue(domain) is not null) throw new InputException("--domain is for language models; this is a classifier", model, "leave it out");
                Write(host, ClassificationEvaluation.Run(model, path, SplitOf(part), kind, result.GetValue(label), runs, host.ListenToSignals()), part);
                return 0;
            }
            if (result.GetValue(label) is not null) throw new InputException("--label is for classifiers; this is a language model", model, "leave it out");
            EvaluationResult evaluation = ModelEvaluation.Run(model, path, SplitOf(part), kind, result.GetValue(domain), runs, host.ListenToSignals());
            if (host.Json) WriteJson(host, evaluation, part);
            else WriteText(host.Output, evaluation);
            return 0;
        });
        return command;
    }

    private static CorpusSplit SplitOf(string name) => name switch
    {
        "train" => CorpusSplit.Train,
        "valid" => CorpusSplit.Valid,
        "test" => CorpusSplit.Test,
        _ => throw new InputException($"unknown split '{name}'", "--split", NearestName.Advice(name, ["train", "valid", "test"])),
    };

    private static void Write(CommandHost host, ClassificationEvaluationResult result, string split)
    {
        if (host.Json)
        {
            host.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("split", split);
                json.WritePropertyName("classification");
                result.Score.WriteTo(json);
                json.WriteNumber("otherLabels", result.OtherLabels);
                json.WriteEndObject();
            });
            return;
        }
        ClassificationText.Write(host.Output, result.Score, split);
        if (result.OtherLabels > 0) host.Output.WriteLine($"{result.OtherLabels} texts have labels that the model does not know, and are left out");
    }

    private static void WriteText(TextWriter output, EvaluationResult evaluation)
    {
        foreach (LanguageScore score in evaluation.Languages.OrderBy(score => score.BitsPerByte))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{score.Language,-16} {score.BitsPerByte,8:F4}"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"bits per byte over {evaluation.Languages.Count} languages: mean {evaluation.Mean:F4}, median {evaluation.Median:F4}, worst tenth {evaluation.WorstDecile:F4}"));
    }

    private static void WriteJson(CommandHost host, EvaluationResult evaluation, string split) => host.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteString("split", split);
        json.WriteStartObject("bitsPerByte");
        json.WriteNumber("mean", evaluation.Mean);
        json.WriteNumber("median", evaluation.Median);
        json.WriteNumber("worstDecile", evaluation.WorstDecile);
        json.WriteEndObject();
        json.WriteNumber("window", evaluation.Window);
        json.WriteNumber("stride", evaluation.Stride);
        json.WriteStartArray("languages");
        foreach (LanguageScore score in evaluation.Languages)
        {
            json.WriteStartObject();
            json.WriteString("language", score.Language);
            json.WriteNumber("bitsPerByte", score.BitsPerByte);
            json.WriteNumber("texts", score.Texts);
            json.WriteNumber("tokens", score.Tokens);
            json.WriteNumber("bytes", score.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });
}
