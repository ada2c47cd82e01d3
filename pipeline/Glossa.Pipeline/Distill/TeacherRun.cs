using System.Text.Json;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;

namespace Glossa.Pipeline.Distill;

/// <summary>A finished run whose model is a teacher.</summary>
internal static class TeacherRun
{
    private const string Fix = "give distillation.from the folders of finished runs of the same corpus, tokenizer and budget";

    /// <summary>Its model.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="number">Number of the teacher, from 1.</param>
    /// <exception cref="InputException">There is none.</exception>
    public static InputFile ModelOf(string folder, int number)
    {
        string path = Path.Combine(folder, ExportStage.ModelPath, ExportPrecision.Fp32.File().Replace('/', Path.DirectorySeparatorChar));
        return File.Exists(path) ? new InputFile(NameOf(number), path) : throw new InputException("there is no exported model to take as a teacher", folder, Fix);
    }

    /// <summary>What stages call the model.</summary>
    public static string NameOf(int number) => FormattableString.Invariant($"teacher {number}");

    /// <summary>Refuses a teacher of another tokenizer or other texts, whose predictions would be of other places, and one that cannot read as far as the model.</summary>
    /// <param name="model">The file of <see cref="ModelOf"/>.</param>
    /// <param name="tokenizer">The output of this run's tokenizer stage.</param>
    /// <param name="window">Longest window of this run's model.</param>
    /// <exception cref="InputException">It is one.</exception>
    public static void RequireFit(string model, string tokenizer, int window)
    {
        string folder = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(model)!)!)!;
        IReadOnlyList<StoredFile> theirs = OutputsOf(folder);
        if (!IsSame($"{TokenizerStage.Folder}/tokenizer.json")) throw new InputException("the teacher was trained with another tokenizer than this run", folder, Fix);
        if (!IsSame(TokenizerStage.TokensFile)) throw new InputException("the teacher was trained on other texts than this run", folder, Fix);
        int context = ModelFolder.Open(Path.Combine(folder, ExportStage.ModelPath)).Facts.Context;
        if (context < window)
            throw new InputException(FormattableString.Invariant($"the teacher sees at most {context} tokens at once, this run's model {window}"), folder, "lower model.context, or leave it out of distillation.from");

        bool IsSame(string file) => theirs.FirstOrDefault(stored => stored.Path == file) is { } stored && stored.Hash == ContentHash.OfFile(Path.Combine(tokenizer, file));
    }

    private static IReadOnlyList<StoredFile> OutputsOf(string folder)
    {
        string path = Path.Combine(folder, "stages", "tokenizer.json");
        try
        {
            if (File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), StagingJson.Default.StageFile) is { } record) return record.Outputs;
        }
        catch (JsonException)
        {
            // Said below.
        }
        throw new InputException("the folder's stages/tokenizer.json, which says what text its model saw, is missing or damaged", folder, Fix);
    }
}
