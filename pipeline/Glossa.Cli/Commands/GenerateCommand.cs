using System.CommandLine;
using System.Text;
using Glossa.Data.Tokenizers;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Generate;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa generate</c>: text from a causal model.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> folder = ModelOptions.Folder();
        Argument<string> prompt = new("prompt") { Description = "The text to continue; may be empty (\"\")" };
        Option<string?> language = new("--language") { HelpName = "TAG", Description = "Language of the text, a BCP 47 tag that the model knows" };
        Option<int> tokens = new("--max-tokens") { HelpName = "N", Description = "Most tokens to write", DefaultValueFactory = _ => new GenerationOptions().MaxTokens };
        Option<double> temperature = new("--temperature") { HelpName = "T", Description = "0 takes the likeliest token; 1 samples from the model" };
        Option<int> topK = new("--top-k") { HelpName = "K", Description = "Samples among the K likeliest tokens; 0 means all" };
        Option<double> topP = new("--top-p") { HelpName = "P", Description = "Samples among the likeliest tokens that together have this probability", DefaultValueFactory = _ => 1 };
        Option<long> seed = new("--seed") { HelpName = "N", Description = "The same seed gives the same text" };
        Option<string> precision = ModelOptions.Precision();
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("generate", "Continues a text with a causal model") { folder, prompt, language, tokens, temperature, topK, topP, seed, precision, json };
        command.SetAction(result =>
        {
            GenerationOptions options = new()
            {
                MaxTokens = result.GetValue(tokens),
                Temperature = result.GetValue(temperature),
                TopK = result.GetValue(topK),
                TopP = result.GetValue(topP),
                Seed = (ulong)result.GetValue(seed),
            };
            options.Validate();
            CancellationToken cancellation = host.ListenToSignals();
            ModelFolder model = ModelFolder.Open(result.GetValue(folder)!);
            using TextGenerator generator = TextGenerator.Open(
                model.FileOf(ModelOptions.Parse(result.GetValue(precision)!)), TokenizerFolder.Load(model.Path), model.Facts.Context);
            StringBuilder whole = new();
            foreach (string piece in generator.Generate(result.GetValue(prompt)!, result.GetValue(language), options, cancellation))
            {
                whole.Append(piece);
                if (host.Json) continue;
                host.Output.Write(piece);
                host.Output.Flush();
            }
            if (!host.Json) host.Output.WriteLine();
            else WriteJson(host, result.GetValue(prompt)!, whole.ToString());
            return 0;
        });
        return command;
    }

    private static void WriteJson(CommandHost host, string prompt, string text) => host.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteString("prompt", prompt);
        json.WriteString("text", text);
        json.WriteEndObject();
    });
}
