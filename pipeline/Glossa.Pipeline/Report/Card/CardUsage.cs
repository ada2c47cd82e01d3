namespace Glossa.Pipeline.Report.Card;

/// <summary>The card's section on how to use the model.</summary>
internal static class CardUsage
{
    /// <summary>True for a masked language model, false for a causal one.</summary>
    public static bool IsMasked(RunReport report) => report.Model?.Task == "masked-lm";

    /// <summary>Writes the section.</summary>
    public static void Write(Markdown card, RunReport report)
    {
        card.Line($"## Use").Line();
        WriteCommands(card, report);
        if (report.Model is null or { ModelType: not null }) WriteTransformers(card, report);
        else card.Line($"No published architecture describes this graph, so transformers.js has no class for it: run the files with ONNX Runtime.").Line();
    }

    private static void WriteCommands(Markdown card, RunReport report)
    {
        card.Line($"On the command line, in this folder:").Line();
        const string Evaluate = "glossa evaluate model --corpus my-texts.csv --split test";
        string tag = report.Model is { LanguageTags: true } ? " --language TAG" : "";
        card.Code("sh", IsMasked(report) ? Evaluate : $"glossa generate model \"The beginning of a text\"{tag}\n{Evaluate}").Line();
        if (tag.Length > 0 && !IsMasked(report)) card.Line($"TAG is one of the language tags below: the model was trained with it in front of every text.").Line();
    }

    private static void WriteTransformers(Markdown card, RunReport report)
    {
        card.Line($"In JavaScript, with transformers.js:").Line();
        string call = IsMasked(report)
            ? "const fill = await pipeline('fill-mask', 'model', { dtype: 'DTYPE' });\nconsole.log(await fill(`A text with a ${fill.tokenizer.mask_token} in it`));"
            : "const generate = await pipeline('text-generation', 'model', { dtype: 'DTYPE' });\nconsole.log(await generate('The beginning of a text', { max_new_tokens: 40 }));";
        string preferred = report.Exports.Any(e => e.Precision == "int8") ? "q8" : "fp32";
        card.Code("js", $$"""
            import { env, pipeline } from '@huggingface/transformers';

            env.allowRemoteModels = false;
            env.localModelPath = './';        // the folder that holds model/
            {{call.Replace("DTYPE", preferred, StringComparison.Ordinal)}}
            """).Line();
        string[] types = [.. report.Exports.Select(e => DataTypeOf(e.Precision)).OfType<string>().Distinct()];
        if (types.Length > 1) card.Line($"`dtype` chooses the file: {string.Join(", ", types)}.").Line();
    }

    /// <summary>What transformers.js calls a precision; null for one it has no name for.</summary>
    private static string? DataTypeOf(string precision) => precision switch
    {
        "fp32" => "fp32",
        "fp16" => "fp16",
        "int8" => "q8",
        "int4" => "q4",
        _ => null,
    };
}
