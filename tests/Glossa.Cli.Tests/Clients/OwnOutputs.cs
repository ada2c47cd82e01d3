using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Pipeline.Generate;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Cli.Tests.Clients;

/// <summary>What Glossa's own tokenizer and runtime make of a text with a model file: the figures that a client has to give too.</summary>
internal static class OwnOutputs
{
    /// <summary>The mean of the last hidden states, of length 1.</summary>
    public static double[] Embedding(string file, TextTokenizer tokenizer, string text)
    {
        int[] ids = [.. tokenizer.Encode(text).Ids];
        float[] states = Run(file, ids);
        int width = states.Length / ids.Length;
        double[] mean = [.. Enumerable.Range(0, width).Select(k => Enumerable.Range(0, ids.Length).Average(t => (double)states[t * width + k]))];
        double length = Math.Sqrt(mean.Sum(x => x * x));
        return [.. mean.Select(x => x / length)];
    }

    /// <summary>Probability of each class.</summary>
    public static double[] Classes(string file, TextTokenizer tokenizer, string text) => Softmax(Run(file, [.. tokenizer.Encode(text).Ids]));

    /// <summary>Probability of each token in place of the mask.</summary>
    public static double[] Fillings(string file, TextTokenizer tokenizer, string text)
    {
        int[] ids = [.. tokenizer.Encode(text).Ids];
        float[] logits = Run(file, ids);
        int vocabulary = logits.Length / ids.Length;
        return Softmax(logits.AsSpan(Array.IndexOf(ids, tokenizer.MaskId) * vocabulary, vocabulary));
    }

    /// <summary>The greedy continuation of a prompt, which the end of the text does not stop.</summary>
    public static int[] Continuation(string file, ITokenizer tokenizer, IReadOnlyList<int> prompt, int tokens)
    {
        using TextGenerator generator = TextGenerator.Open(file, new Endless(tokenizer), prompt.Count + tokens);
        return [.. generator.GenerateIds(prompt, new GenerationOptions { MaxTokens = tokens })];
    }

    private static float[] Run(string file, int[] ids)
    {
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(file, options);
        Dictionary<string, OrtValue> inputs = session.InputNames.ToDictionary(name => name, name => OrtValue.CreateTensorValueFromMemory(
            Array.ConvertAll(ids, id => name switch { "input_ids" => id, "attention_mask" => 1L, _ => 0L }), [1, ids.Length]));
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, [session.OutputNames[0]]);
        foreach (OrtValue input in inputs.Values) input.Dispose();
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static double[] Softmax(ReadOnlySpan<float> logits)
    {
        double[] exponentials = new double[logits.Length];
        double largest = double.NegativeInfinity;
        foreach (float logit in logits) largest = Math.Max(largest, logit);
        for (int i = 0; i < logits.Length; i++) exponentials[i] = Math.Exp(logits[i] - largest);
        double sum = exponentials.Sum();
        return [.. exponentials.Select(e => e / sum)];
    }

    /// <summary>A tokenizer whose texts never end, as those of a client that is told how many tokens to write.</summary>
    private sealed class Endless(ITokenizer inner) : ITokenizer
    {
        public int VocabularySize => inner.VocabularySize;

        public int TextVocabularySize => inner.TextVocabularySize;

        public int BeginId => inner.EndId;

        public int EndId => -1;

        public int PadId => inner.PadId;

        public string ContentHash => inner.ContentHash;

        public int? LanguageTagId(string language) => inner.LanguageTagId(language);

        public void Encode(ReadOnlySpan<char> text, List<int> ids) => inner.Encode(text, ids);

        public string Decode(IReadOnlyList<int> ids) => inner.Decode(ids);
    }
}
