using System.Runtime.InteropServices;
using Glossa.Data.Tokenizers;
using Glossa.Pipeline.Evaluate;

namespace Glossa.Pipeline.Generate;

/// <summary>
/// Text from a causal model, token by token, with a cache of keys and values. A sequence starts with the language's tag
/// (or <c>&lt;bos&gt;</c>) and ends with <c>&lt;eos&gt;</c> or where the context is full; tags, <c>&lt;bos&gt;</c> and
/// <c>&lt;pad&gt;</c> are never chosen.
/// </summary>
public sealed class TextGenerator : IDisposable
{
    private const int LongestPartialCharacter = 4;
    private const string Lead = "a";

    private readonly CausalSession _model;
    private readonly ITokenizer _tokenizer;
    private readonly int _context;

    private TextGenerator(CausalSession model, ITokenizer tokenizer, int context)
    {
        _model = model;
        _tokenizer = tokenizer;
        _context = context;
    }

    /// <summary>Opens a model file.</summary>
    /// <param name="path">The <c>.onnx</c> file.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="context">The most tokens the model takes.</param>
    /// <param name="threads">Threads inside one step; 0 leaves the choice to ONNX Runtime.</param>
    /// <exception cref="InputException">The file is missing or damaged, is no causal model, or predicts fewer ids than the tokenizer has.</exception>
    public static TextGenerator Open(string path, ITokenizer tokenizer, int context, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        CausalSession model = CausalSession.Open(path, withCache: true, threads);
        if (model.Vocabulary < tokenizer.TextVocabularySize)
        {
            model.Dispose();
            throw new InputException($"the model predicts {model.Vocabulary} ids, the tokenizer needs {tokenizer.TextVocabularySize}", path,
                "use the tokenizer that the model was trained with");
        }
        return new TextGenerator(model, tokenizer, context);
    }

    /// <summary>Continues a prompt; pieces come as soon as they are whole characters.</summary>
    /// <param name="prompt">The text so far; may be empty.</param>
    /// <param name="language">The language whose tag starts the sequence; null starts it with <c>&lt;bos&gt;</c>.</param>
    /// <param name="options">How tokens are chosen.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="InputException">The tokenizer has no tag for the language, the prompt fills the context, or an option makes no sense.</exception>
    public IEnumerable<string> Generate(string prompt, string? language, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        int first = language is null ? _tokenizer.BeginId
            : _tokenizer.LanguageTagId(language)
                ?? throw new InputException($"the model has no language '{language}'", fix: "leave --language out, or name one that it was trained on");
        List<int> ids = [first];
        _tokenizer.Encode(prompt, ids);
        return WholeCharacters(GenerateIds(ids, options, cancellation), prompt.Length == 0);
    }

    /// <summary>Continues a sequence of ids, which is fed as it is; the end id is not returned.</summary>
    /// <param name="prompt">At least one id.</param>
    /// <param name="options">How tokens are chosen.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="InputException">The prompt fills the context or an option makes no sense.</exception>
    public IEnumerable<int> GenerateIds(IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfZero(prompt.Count, nameof(prompt));
        options ??= new GenerationOptions();
        options.Validate();
        if (prompt.Count >= _context)
            throw new InputException($"the prompt has {prompt.Count} tokens, the model takes {_context}", fix: "shorten it");
        return Continue([.. prompt], options, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private IEnumerable<int> Continue(List<int> ids, GenerationOptions options, CancellationToken cancellation)
    {
        using CausalDecoder decoder = new(_model);
        TokenSampler sampler = new(options, MayGenerate);
        float[] logits = new float[_model.Vocabulary];
        bool cached = options.UseCache && _model.Past.Count > 0;
        for (int made = 0; made < options.MaxTokens && ids.Count <= _context; made++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!cached) decoder.Reset();
            decoder.Append(CollectionsMarshal.AsSpan(ids)[decoder.Seen..], logits);
            int next = sampler.Next(logits.AsSpan(0, _tokenizer.TextVocabularySize));
            if (next == _tokenizer.EndId) yield break;
            ids.Add(next);
            yield return next;
        }
    }

    private bool MayGenerate(int id) => id == _tokenizer.EndId || (id != _tokenizer.BeginId && id != _tokenizer.PadId);

    // A character of several bytes may be spread over several tokens: its piece waits until it is whole.
    private IEnumerable<string> WholeCharacters(IEnumerable<int> ids, bool startsText)
    {
        // Some decoders take a space off the start of what they are given, which the middle of a text must not lose: there, a text stands before the piece and is cut off again.
        List<int> lead = [], pending = [];
        _tokenizer.Encode(Lead, lead);
        foreach (int id in ids)
        {
            pending.Add(id);
            string text = Decode();
            if (text.EndsWith('\uFFFD') && pending.Count < LongestPartialCharacter) continue;
            pending.Clear();
            if (text.Length == 0) continue;
            startsText = false;
            yield return text;
        }
        if (pending.Count > 0) yield return Decode();

        string Decode() => startsText ? _tokenizer.Decode(pending) : _tokenizer.Decode([.. lead, .. pending])[Lead.Length..];
    }
}
