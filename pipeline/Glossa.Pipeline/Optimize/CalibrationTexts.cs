using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Export;
using Glossa.Training.Verification;

namespace Glossa.Pipeline.Optimize;

/// <summary>Texts of a file, a line each, as inputs of a model by the tokenizer of its folder.</summary>
/// <param name="Calibration">What int8 and int4 are calibrated on.</param>
/// <param name="Held">Every eighth text, which calibration does not see: what a plan is chosen by.</param>
internal sealed record CalibrationTexts(IReadOnlyList<IReadOnlyList<FeedTensor>> Calibration, IReadOnlyList<IReadOnlyList<FeedTensor>> Held)
{
    private const int Most = 256, HeldShare = 8, FewestTexts = 8;

    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">The folder has no tokenizer, or the file has fewer texts than it takes.</exception>
    public static CalibrationTexts Read(ModelSource source, GraphProto graph, string file)
    {
        if (source.Folder is null) throw new InputException("calibration needs a tokenizer beside the model, and a file was named", source.File, "name the model folder");
        TextTokenizer tokenizer = TextTokenizer.Load(source.Folder);
        List<IReadOnlyList<FeedTensor>> calibration = [], held = [];
        foreach (string line in Lines(file))
        {
            IReadOnlyList<int> ids = tokenizer.Encode(line).Ids;
            if (ids.Count > 1) (((calibration.Count + held.Count) % HeldShare) == HeldShare - 1 ? held : calibration).Add(TextCalibration.Feed(graph, ids, int.MaxValue));
            if (calibration.Count + held.Count == Most) break;
        }
        return held.Count > 0 ? new CalibrationTexts(calibration, held)
            : throw new InputException($"the file has {calibration.Count} texts to calibrate on", file, $"give a text a line, {FewestTexts} at least; some hundred are better");
    }

    private static IEnumerable<string> Lines(string file)
    {
        using StreamReader reader = new(IoFailure.OpenRead(file, "calibration file"));
        while (reader.ReadLine() is { } line)
            if (!string.IsNullOrWhiteSpace(line)) yield return line;
    }
}
